#!/usr/bin/env node
/** checkDestinations: the command. What it does stands in operator/checkDestinations.ts. */
import { runProgram } from '../run/frame.js';
import { program } from '../operator/checkDestinations.js';

runProgram(program);

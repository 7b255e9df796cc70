#!/usr/bin/env node
/** checkSources: the command. What it does stands in operator/checkSources.ts. */
import { runProgram } from '../run/frame.js';
import { program } from '../operator/checkSources.js';

runProgram(program);

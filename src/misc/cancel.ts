#!/usr/bin/env node
/** cancel: the command. What it does stands in operator/cancel.ts. */
import { runProgram } from '../run/frame.js';
import { program } from '../operator/cancel.js';

runProgram(program);

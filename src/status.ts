#!/usr/bin/env node
/** status: the command. What it does stands in status/status.ts. */
import { runProgram } from './run/frame.js';
import { program } from './status/status.js';

runProgram(program);

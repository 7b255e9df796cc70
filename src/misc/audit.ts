#!/usr/bin/env node
/** audit: the command. What it does stands in audit/program.ts. */
import { runProgram } from '../run/frame.js';
import { program } from '../audit/program.js';

runProgram(program);

#!/usr/bin/env node
/** compareDumps: the command. What it does stands in dumps/program.ts. */
import { runProgram } from '../run/frame.js';
import { program } from '../dumps/program.js';

runProgram(program);

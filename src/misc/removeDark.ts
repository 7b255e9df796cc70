#!/usr/bin/env node
/** removeDark: the command. What it does stands in removal/program.ts. */
import { runProgram } from '../run/frame.js';
import { program } from '../removal/program.js';

runProgram(program);

#!/usr/bin/env node
/** report: the command. What it does stands in status/page.ts. */
import { runProgram } from '../run/frame.js';
import { program } from '../status/page.js';

runProgram(program);

#!/usr/bin/env node
/** repair: the command. What it does stands in repair/repair.ts. */
import { runProgram } from '../run/frame.js';
import { program } from '../repair/repair.js';

runProgram(program);

#!/usr/bin/env node
/** takeOver: the command. What it does stands in takeOver/takeOver.ts. */
import { runProgram } from '../run/frame.js';
import { program } from '../takeOver/takeOver.js';

runProgram(program);

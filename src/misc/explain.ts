#!/usr/bin/env node
/** explain: the command. What it does stands in explain/explain.ts. */
import { runProgram } from '../run/frame.js';
import { program } from '../explain/explain.js';

runProgram(program);

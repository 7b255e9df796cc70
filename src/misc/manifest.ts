#!/usr/bin/env node
/** manifest: the command. What it does stands in manifest/program.ts. */
import { runProgram } from '../run/frame.js';
import { program } from '../manifest/program.js';

runProgram(program);

#!/usr/bin/env node
/** moveServer: the command. What it does stands in operator/moveServer.ts. */
import { runProgram } from '../run/frame.js';
import { program } from '../operator/moveServer.js';

runProgram(program);

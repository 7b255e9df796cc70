#!/usr/bin/env node
/** requeue: the command. What it does stands in operator/requeue.ts. */
import { runProgram } from '../run/frame.js';
import { program } from '../operator/requeue.js';

runProgram(program);

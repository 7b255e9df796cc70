#!/usr/bin/env node
/** monitor: the command. What it does with lists stands in monitor/; what it writes for others afterwards, in status/. */
import { runProgram } from './run/frame.js';
import { monitorWithFiles } from './status/monitorFiles.js';

runProgram(monitorWithFiles);

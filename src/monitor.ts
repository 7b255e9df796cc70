#!/usr/bin/env node
/** monitor: the command; what it does stands in programs/monitor. */
import { runProgram } from './edge/program.js';
import { monitor } from './programs/monitor.js';

await runProgram(monitor);

#!/usr/bin/env node
/** monitor: the command; what it does stands in monitor/. */
import { runProgram } from './run/program.js';
import { monitor } from './monitor/monitor.js';

await runProgram(monitor);

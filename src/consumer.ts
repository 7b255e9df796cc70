#!/usr/bin/env node
/** consumer: the command; what it does stands in consumer/. */
import { runProgram } from './run/frame.js';
import { consumer } from './consumer/program.js';

runProgram(consumer);

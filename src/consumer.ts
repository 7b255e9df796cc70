#!/usr/bin/env node
/** consumer: the command; what it does stands in programs/consumer. */
import { runProgram } from './edge/program.js';
import { consumer } from './programs/consumer.js';

await runProgram(consumer);

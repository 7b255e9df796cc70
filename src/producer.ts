#!/usr/bin/env node
/** producer: the command; what it does stands in programs/producer. */
import { runProgram } from './edge/program.js';
import { producer } from './programs/producer.js';

await runProgram(producer);

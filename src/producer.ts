#!/usr/bin/env node
/** producer: the command; what it does stands in producer/. */
import { runProgram } from './run/frame.js';
import { producer } from './producer/producer.js';

runProgram(producer);

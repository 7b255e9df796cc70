/**
 * crashPoint: a preload (`node --import …/crashPoint.js program.js`) that ends a program at a chosen one of its calls
 * that change the disk, the database or the server, without a hook in the program. How to choose: see point.
 */
import { countCommits } from './commitCalls.js';
import { countDiskCalls } from './diskCalls.js';
import { countRequests } from './requestCalls.js';

countDiskCalls();
countCommits();
countRequests();

/** logScript: a program for tests that writes a line to the log of C2E_BASE and kills itself before anything can be flushed. */
import { openLog } from '../../dist/run/log.js';

openLog({ base: process.env['C2E_BASE'] ?? '', program: 'script', verbose: false }).info('the last words');
process.kill(process.pid, 'SIGKILL');

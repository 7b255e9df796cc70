/**
 * scenarios: the moments at which the crash tests kill, one for each kind of transition and each kind of run.
 */
import * as cron from './cronScenarios.js';
import * as steering from './steeringScenarios.js';
import type { Scenario } from './trial.js';

export * from './cronScenarios.js';
export * from './steeringScenarios.js';

export const ALL: readonly Scenario[] = [...Object.values(cron), ...Object.values(steering)];

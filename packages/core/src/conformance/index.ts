export { ManualClock } from './clock.ts';
export { Context } from './context.ts';
export { conformance, failures } from './run.ts';
export type { Failure } from './run.ts';
export { behaviours } from './behaviours/index.ts';
export type { Backend, Behaviour, Case, Runner } from './suite.ts';

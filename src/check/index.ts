/**
 * `redis-lab check`: judges any server by what comes over its wire. It speaks only to the one address that it is given.
 */
export { check, PROBES, STAGES, type Report } from './check.js';
export type { Kind } from './kind.js';
export { describeEnd, describeProbe, toJson } from './report.js';
export { PATIENCE_MS } from './wire.js';
export { type Credentials, Target, TargetError } from './target.js';

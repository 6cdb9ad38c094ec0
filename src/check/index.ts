/**
 * `redis-lab check`: judges any server by its protocol. It connects only to the given address.
 */
export { check, PROBES, STAGES, type Report } from './check.js';
export type { Kind } from './kind.js';
export { describeEnd, describeProbe, toJson } from './report.js';
export { PATIENCE_MS } from './wire.js';
export { type Credentials, Target, TargetError } from './target.js';

/**
 * `redis-lab compare`: the same load on every engine, and what it costs each of them.
 */
export { compareEngine, ENGINES, type CompareOptions, type Engine, type EngineFigures } from './compare.js';
export { CompareError } from './error.js';
export { describe, describeHead, describeRow, toJson } from './report.js';

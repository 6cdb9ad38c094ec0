/**
 * The module `redis-lab/testing`: servers for tests, matchers for vitest and jest, and simulations.
 */
export { matchers, type ExpectedWord, type LabMatchers } from './matchers.js';
export { type SimulatedClient, simulate, type Simulation, type SimulationOptions } from './simulation.js';
export { createTestServer, recordOnFailure, type TestServer } from './test-server.js';
export type { Transcript, TranscriptClient, TranscriptEntry } from './transcript.js';

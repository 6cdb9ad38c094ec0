import type { ProgramView } from '../../src/program/index.js';

/** A learner's program that runs, for tests of the screen. */
export const PROGRAM_VIEW: ProgramView = {
  file: 'my-loop.js', pid: 4711, addresses: [{ host: '127.0.0.1', port: 7000 }], poller: 'epoll', isEdgeTriggered: true, isRecording: false,
  process: { cpuPercent: 0, residentBytes: 50 * 2 ** 20, descriptors: 31, syscall: 'epoll_wait' }, sources: new Map(), remark: null, end: null, endedAt: null,
  again: null, unrecorded: [], droppedEvents: 0,
};

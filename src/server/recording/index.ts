/** The interface of recordings for the command line: reading files, replaying them, digests. */
export { digestOf } from './digest.js';
export { type Damage, describeDamage, isRecording, readRecording, type RecordingFile, RecordingError } from './recording-file.js';
export { TapeEnd } from './tape.js';
export { Replay, type RecordingHead, type ReplayResult } from './replay.js';
export { type Change, ChangeError, parseChange } from './what-if/change.js';
export { type ShownReply, whatIf, type WhatIfResult } from './what-if/what-if.js';

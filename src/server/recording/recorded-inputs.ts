/**
 * A server's inputs, recorded: the same poll, clock and answers as before, with each of them written on a tape.
 */
import type { ServerInputs } from '../server.js';
import { UNWATCHED, WATCHED } from './inputs.js';
import { RecordingClock } from './recording-clock.js';
import { RecordingPoll } from './recording-poll.js';
import type { TapeWriter } from './tape.js';

export function recordInputs(inputs: ServerInputs, tape: TapeWriter): ServerInputs {
  let wasWatched = false;
  const isWatched = (watches: boolean): boolean => {
    if (watches !== wasWatched) tape.byte(watches ? WATCHED : UNWATCHED);
    return (wasWatched = watches);
  };
  return { ...inputs, poll: new RecordingPoll(inputs.poll, tape), clock: new RecordingClock(inputs.clock, tape), isWatched };
}

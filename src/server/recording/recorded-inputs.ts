/**
 * A server's inputs, recorded: the same poll, clock and answers as before, with each of them written on a tape.
 */
import { SystemHost } from '../host.js';
import type { ServerInputs } from '../server.js';
import { UNWATCHED, WATCHED } from './inputs.js';
import { RecordingClock } from './recording-clock.js';
import { RecordingHost } from './recorded-host.js';
import { RecordingPoll } from './recording-poll.js';
import type { TapeWriter } from './tape.js';

export function recordInputs(inputs: ServerInputs, tape: TapeWriter): ServerInputs {
  let wasWatched = false;
  const isWatched = (watches: boolean): boolean => {
    if (watches !== wasWatched) tape.byte(watches ? WATCHED : UNWATCHED);
    return (wasWatched = watches);
  };
  const poll = new RecordingPoll(inputs.poll, tape);
  const clock = new RecordingClock(inputs.clock, tape);
  return { ...inputs, poll, clock, isWatched, host: new RecordingHost(inputs.host ?? new SystemHost(), tape) };
}

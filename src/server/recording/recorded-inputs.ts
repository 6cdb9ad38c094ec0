/**
 * A server's inputs, recorded: the same poll, clock and answers as before, with each of them written on a tape.
 */
import { SystemHost } from '../host.js';
import type { JobRunner } from '../background/jobs.js';
import type { Server, ServerInputs } from '../server.js';
import type { FaultCall } from '../faults/loop-faults.js';
import { ADVANCE, FAULT, putJobDone, SHUTDOWN, UNWATCHED, WATCHED } from './inputs.js';
import { RecordingClock } from './recording-clock.js';
import { RecordingHost } from './recorded-host.js';
import { RecordingPoll } from './recording-poll.js';
import type { TapeWriter } from './tape.js';

export interface RecordedInputs {
  readonly inputs: ServerInputs;
  /** Called once with the server that has been made with these inputs: records what they alone do not tell. */
  attach(server: Server): void;
  /** The loop is held, maybe for long: what has happened so far can be read. A wait that may be forgotten cannot. */
  publish(): void;
  /** Another thread tells the server to end; called just before that is done. */
  shutdown(): void;
  /** A fault of the loop is set or taken away, or readiness is to be reported in another way; called just before that is done. */
  fault(call: FaultCall): void;
  /** Another thread lets the virtual clock move on by `us` µs; called just before that is done. */
  advance(us: number): void;
}

export function recordInputs(inputs: ServerInputs, tape: TapeWriter): RecordedInputs {
  const clock = new RecordingClock(inputs.clock, tape);
  let tapeMark = tape.mark();
  let clockMark = clock.mark();
  const poll = new RecordingPoll(inputs.poll, tape, () => {
    tapeMark = tape.mark();
    clockMark = clock.mark();
  });
  let wasWatched = false;
  const isWatched = (watches: boolean): boolean => {
    if (watches !== wasWatched) tape.byte(watches ? WATCHED : UNWATCHED);
    return (wasWatched = watches);
  };
  const host = new RecordingHost(inputs.host ?? new SystemHost(), tape);
  const heap = inputs.heap === undefined ? {} : { heap: host.heapOf(inputs.heap) };
  return {
    inputs: { ...inputs, poll, clock, isWatched, host, ...heap, ...(inputs.jobs !== undefined && { jobs: recordedRunner(inputs.jobs, tape) }) },
    attach({ hooks, loop }) {
      hooks.showsSecret = ({ id, transport }) => poll.hideOutput(id, () => transport.outputBytes);
      // An interrupted wait that goes on was none, and what the clock has said since is taken off the tape with it.
      loop.onSleepOn = () => {
        tape.rewind(tapeMark);
        clock.restore(clockMark);
      };
    },
    publish() {
      if (!poll.wasInVain || tape.mark() !== clock.refreshedAt) tape.publish();
    },
    shutdown() {
      tape.byte(SHUTDOWN);
    },
    fault(call) {
      tape.byte(FAULT);
      tape.text(JSON.stringify(call));
    },
    advance(us) {
      tape.byte(ADVANCE);
      tape.number(us);
    },
  };
}

/** Its jobs are done as before; the end of each is an input. */
function recordedRunner(runner: JobRunner, tape: TapeWriter): JobRunner {
  return {
    run(id, job, done) {
      runner.run(id, job, (result) => {
        putJobDone(tape, id, result);
        done(result);
      });
    },
  };
}

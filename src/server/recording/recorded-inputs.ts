/**
 * The inputs of a server, recorded: the same poll, clock and answers as before, each of them written to a tape.
 */
import type { EndingSignal } from '../../shared/ending-signal.js';
import { SystemHost } from '../host.js';
import type { JobRunner } from '../background/jobs.js';
import type { Server, ServerInputs } from '../server.js';
import type { FaultCall } from '../faults/loop-faults.js';
import { ADVANCE, FAULT, putJobDone, SHUTDOWN, SIGNAL, UNWATCHED, WATCHED } from './inputs.js';
import { RecordingClock } from './recording-clock.js';
import { RecordingHost } from './recorded-host.js';
import { RecordingPoll } from './recording-poll.js';
import type { TapeWriter } from './tape.js';

export interface RecordedInputs {
  readonly inputs: ServerInputs;
  /** Called once with the server made with these inputs: records the inputs that do not come from them. */
  attach(server: Server): void;
  /** Called when the loop is held, possibly for long: makes everything so far readable. Not a wait that may still be discarded. */
  publish(): void;
  /** Called just before another thread ends the server. */
  shutdown(): void;
  /** Called just before the server is told of a signal. */
  signal(signal: EndingSignal): void;
  /** Called just before a fault of the loop is set or removed, or the way of reporting readiness changes. */
  fault(call: FaultCall): void;
  /** Called just before another thread advances the virtual clock by `us` µs. */
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
      // An interrupted wait that continues is discarded, and the clock's readings since then are removed from the tape with it.
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
    signal(signal) {
      tape.byte(SIGNAL);
      tape.text(signal);
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
    settle: () => runner.settle(),
  };
}

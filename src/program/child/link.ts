/**
 * Link: the program's side of its pipes to the lab (protocol.ts). Every poll of the process reports its events to it.
 */
import { Socket } from 'node:net';
import type { PollObserver } from '../../poll/observer.js';
import type { Poll as Backend } from '../../server/io/poll.js';
import type { TraceBody } from '../../server/trace/events.js';
import { type ChildMessage, GO_FD, MOST_BYTES_TOLD, type RunOver, TRACE_FD, type Wish, WISH_FD } from '../protocol.js';
import type { CallSites } from './call-sites.js';
import { Faulty } from './faulty.js';
import { type Inputs, InputsAgain, RecordedInputs } from './inputs.js';
import { exit, parse, readSync, stringify, writeSync } from './own.js';
import { machineUs, processMs } from './real-time.js';
import { TapedPoll } from './taped-poll.js';
import { variablesHere } from './variables.js';
import { sleepFor } from '../../shared/sleep.js';

/** Bytes that the pipe has not taken wait here; further ones are dropped. */
const MOST_WAITING_BYTES = 256 * 1024;

/** Interval at which a spinning loop checks for another mode. */
const LOOK_MS = 5;

/** In a run with recorded inputs: the number of events before its last one that are reported with the line of their call. */
const EVENTS_WITH_PLACES = 64;

export class Link implements PollObserver {
  /** The first opened poll is the one that is shown. */
  private poll: object | null = null;
  private isAsked = false;
  private lookedAtMs = 0;
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private dropped = { messages: 0, waits: 0 };
  private readonly buffer = Buffer.alloc(4096);
  /** An incomplete wish. */
  private half = '';
  private faulty: Faulty | null = null;
  /** It is known how the program is run. */
  private hasBegun = false;
  private inputs: Inputs | null = null;
  /** Kinds of calls that are not recorded and have been reported. */
  private readonly told = new Set<string>();
  /** Number of events so far. */
  private count = 0;
  /** In a run with recorded inputs: the event after which to wait. */
  private target = 0;
  /** Total time of waiting for GO. */
  private heldUs = 0;

  constructor(private readonly sites: CallSites) {
    sites.onFile = (file, path) => this.send({ kind: 'file', file, path });
    // This sets the two descriptors to non-blocking; the sockets are not used otherwise, and keep no process alive.
    for (const fd of [TRACE_FD, WISH_FD]) new Socket({ fd, readable: false, writable: false }).unref();
  }

  get hasPoll(): boolean {
    return this.poll !== null;
  }

  /** Blocks until the lab has said how the program is run. Null: its inputs are neither recorded nor replayed. */
  begin(): Inputs | null {
    for (this.look(); !this.hasBegun; this.look()) rest();
    return this.inputs;
  }

  begun(): void {
    this.send({ kind: 'begun' });
  }

  unrecorded(what: string): void {
    if (this.isAgain || this.told.has(what)) return;
    this.told.add(what);
    this.send({ kind: 'unrecorded', what });
  }

  opened(poll: object, open: () => Backend): Backend {
    if (this.poll !== null) {
      this.unrecorded('a second Poll');
      return open();
    }
    this.poll = poll;
    const openFaulty = (): Backend => (this.faulty = new Faulty(open(), (body) => this.happened(poll, body, -1, null))).backend;
    const backend = this.inputs === null ? openFaulty() : TapedPoll.open(this.inputs, openFaulty);
    this.look();
    this.send({ kind: 'opened', poller: backend.name, trigger: backend.edgeTriggered ? 'edge' : 'level' });
    return backend;
  }

  bound(poll: object, fd: number, address: string): void {
    if (poll === this.poll) this.send({ kind: 'bound', fd, address });
  }

  registered(poll: object, fd: number, token: number, interest: number): void {
    if (poll === this.poll) this.send({ kind: 'registered', fd, token, interest });
  }

  deregistered(poll: object, fd: number): void {
    if (poll === this.poll) this.send({ kind: 'deregistered', fd });
  }

  closed(poll: object, fd: number): void {
    if (poll === this.poll) this.send({ kind: 'closed', fd });
  }

  happened(poll: object, body: TraceBody, fd: number, bytes: Buffer | null): void {
    if (poll !== this.poll) return;
    const nowMs = processMs();
    if (body.kind === 'wait' || body.kind === 'poll' || nowMs - this.lookedAtMs >= LOOK_MS) this.look(nowMs);
    const nowUs = machineUs();
    // A fault is injected below what is recorded, and does not happen again.
    if (body.kind !== 'fault') this.count++;
    const recordedUs = body.kind === 'fault' ? nowUs : (this.inputs?.event(nowUs - this.heldUs) ?? nowUs);
    const hasPlace = body.kind !== 'ready' && (!this.isAgain || this.target === Infinity || this.count > this.target - EVENTS_WITH_PLACES);
    const at = hasPlace ? this.sites.find() : null;
    this.send({
      kind: 'event', body, fd, number: this.count, atUs: this.isAgain ? recordedUs : nowUs,
      ...(at !== null && { at }),
      ...(bytes !== null && { bytes: bytes.toString('base64', 0, MOST_BYTES_TOLD) }),
      ...(this.isAsked && { waits: true }),
    });
    if (this.isAsked) this.awaitGo();
    else if (this.isAgain && this.count >= this.target) this.stand();
  }

  /** Ends a run with recorded inputs. Never returns. */
  over(how: RunOver): never {
    const at = this.sites.find();
    this.send({ kind: 'over', how, ...(at !== null && { at }), variables: variablesHere((url) => this.sites.isOfProgram(url)) });
    for (;;) this.awaitGo();
  }

  private stand(): void {
    this.send({ kind: 'stands', event: this.count, variables: variablesHere((url) => this.sites.isOfProgram(url)) });
    while (this.count >= this.target) this.awaitGo();
  }

  private get isAgain(): boolean {
    return this.inputs?.isAgain === true;
  }

  /** Checks for a wish of the lab. */
  private look(nowMs = processMs()): void {
    this.lookedAtMs = nowMs;
    for (let bytes = take(WISH_FD, this.buffer); bytes !== null && bytes !== ''; bytes = take(WISH_FD, this.buffer)) {
      const lines = (this.half + bytes).split('\n');
      this.half = lines.pop()!;
      for (const line of lines) this.obey(parse(Buffer.from(line, 'latin1').toString()) as Wish);
    }
  }

  private obey(wish: Wish): void {
    if ('asks' in wish) this.isAsked = wish.asks;
    else if ('record' in wish) this.beginWith(wish.record === null ? null : this.recorded(wish.record));
    else if ('again' in wish) this.goTo(wish.again);
    else if ('addFault' in wish) this.faulty?.add(wish);
    else this.faulty?.remove(wish.removeFault);
  }

  private beginWith(inputs: Inputs | null): void {
    this.hasBegun = true;
    this.inputs = inputs;
  }

  private recorded(mostBytes: number): Inputs {
    return new RecordedInputs(mostBytes, (why) => this.send({ kind: 'tape-ended', why }));
  }

  /** @param event -1: to the end of the recording */
  private goTo(event: number): void {
    this.target = event === -1 ? Infinity : event;
    if (!this.hasBegun) this.beginWith(new InputsAgain((how) => this.over(how)));
  }

  /** Blocks until the lab lets the program go on. */
  private awaitGo(): void {
    const sinceUs = machineUs();
    while (!this.flush()) rest();
    while (take(GO_FD, this.buffer.subarray(0, 1)) === null) rest();
    this.heldUs += machineUs() - sinceUs;
    this.look();
  }

  private send(message: ChildMessage): void {
    const isDue = this.flush();
    // A run with recorded inputs has time.
    while (this.isAgain && this.waitingBytes > MOST_WAITING_BYTES && !this.flush()) rest();
    if (!isDue && this.waitingBytes > MOST_WAITING_BYTES && !this.isAsked) {
      this.dropped.messages++;
      if (message.kind === 'event' && message.body.kind === 'wait') this.dropped.waits++;
      return;
    }
    if (this.dropped.messages > 0) {
      this.queue({ kind: 'dropped', ...this.dropped });
      this.dropped = { messages: 0, waits: 0 };
    }
    this.queue(message);
    this.flush();
  }

  private queue(message: ChildMessage): void {
    const line = Buffer.from(`${stringify(message)}\n`);
    this.waiting.push(line);
    this.waitingBytes += line.length;
  }

  /** True if nothing waits any more. */
  private flush(): boolean {
    while (this.waiting.length > 0) {
      const bytes = this.waiting.length === 1 ? this.waiting[0]! : Buffer.concat(this.waiting);
      const written = put(TRACE_FD, bytes);
      this.waiting = written === bytes.length ? [] : [bytes.subarray(written)];
      this.waitingBytes = bytes.length - written;
      if (written < bytes.length) return false;
    }
    return true;
  }
}

/** Reads what is available; empty: nothing for now; null: nothing for now, on a descriptor that should have blocked. Without the lab the program ends. */
function take(fd: number, into: Buffer): string | null {
  try {
    const count = readSync(fd, into, 0, into.length, null);
    if (count === 0) exit(1);
    return into.latin1Slice(0, count);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') exit(1);
    return fd === GO_FD ? null : '';
  }
}

function put(fd: number, bytes: Buffer): number {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') exit(1);
    return 0;
  }
}

const rest = (): void => sleepFor(2);

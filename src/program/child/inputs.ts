/**
 * Inputs: the door between a program and the world. While it is recorded, each call goes through and is written on the tape; while it is run again, nothing
 * goes through: each call is answered from the tape, as long as it is the one that was recorded.
 */
import { SystemError } from '../../server/io/poll.js';
import type { RunOver } from '../protocol.js';
import { type Call, type CallError, describeCall, isCall, isResultOf, type Json, lineOf, TAPE_FD, type TapeLine } from '../tape.js';
import { readSync, stringify, writeSync } from './own.js';

export interface Inputs {
  /** True: nothing real is behind the calls. */
  readonly isAgain: boolean;
  /** Tokens by descriptors, for the reports of calls. */
  readonly tokens: Map<number, number>;
  /** @param make the real call; throws SystemErrors. @returns its result, real or recorded */
  call<R extends Json>(name: string, args: readonly Json[], make: () => R): R;
  /** A call that is made before the program's code runs. Recordings of earlier versions do not have it: then it is made again. */
  fact<R extends Json>(name: string, make: () => R): R;
  /** Passes an event on. @returns its time */
  event(atUs: number): number;
}

/** Bytes that wait to be written together; events do not wait. */
const MOST_WAITING = 16 * 1024;

export class RecordedInputs implements Inputs {
  readonly isAgain = false;
  readonly tokens = new Map<number, number>();
  private waiting = '';
  private bytes = 0;
  private hasEnded = false;
  /** In the midst of a call: what that asks for itself is part of it. */
  private isInside = false;

  /** @param mostBytes of the tape. @param ended is called once, with the reason why nothing more is recorded */
  constructor(
    private readonly mostBytes: number,
    private readonly ended: (why: string) => void,
  ) {}

  call<R extends Json>(name: string, args: readonly Json[], make: () => R): R {
    if (this.isInside || this.hasEnded) return make();
    this.isInside = true;
    // A wait may be long: what came before it can be read meanwhile.
    if (name === 'wait') this.flush();
    try {
      const result = make();
      this.put([name, args, result]);
      return result;
    } catch (error) {
      if (error instanceof SystemError) this.put([name, args, { error: [error.syscall, error.errno, error.code, error.fd] }]);
      throw error;
    } finally {
      this.isInside = false;
    }
  }

  fact<R extends Json>(name: string, make: () => R): R {
    return this.call(name, [], make);
  }

  event(atUs: number): number {
    this.put([atUs]);
    this.flush();
    return atUs;
  }

  private put(line: TapeLine): void {
    if (this.hasEnded) return;
    const text = `${stringify(line)}\n`;
    this.bytes += text.length;
    if (this.bytes > this.mostBytes) return this.end('full');
    this.waiting += text;
    if (this.waiting.length > MOST_WAITING) this.flush();
  }

  private end(why: string): void {
    this.waiting += `${stringify(['full'])}\n`;
    this.flush();
    this.hasEnded = true;
    this.ended(why);
  }

  private flush(): void {
    if (this.waiting === '' || this.hasEnded) return;
    const bytes = Buffer.from(this.waiting);
    this.waiting = '';
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(TAPE_FD, bytes, written);
    } catch (error) {
      this.hasEnded = true;
      this.ended((error as NodeJS.ErrnoException).code ?? String(error));
    }
  }
}

/** Bytes of the tape that are read at once. */
const PIECE = 64 * 1024;
/** Maximum length of a line. */
const MOST_LINE_BYTES = 64 * 2 ** 20;

export class InputsAgain implements Inputs {
  readonly isAgain = true;
  readonly tokens = new Map<number, number>();
  private calls = 0;
  /** As texts, since the last one may be damaged. */
  private lines: string[] = [];
  /** Number of lines of the tape before {@link lines}. */
  private linesBefore = 0;
  /** Of {@link lines}. */
  private at = 0;
  private position = 0;
  private half: Buffer = Buffer.alloc(0);
  private isFirst = true;
  private lastUs = 0;
  private peeked: TapeLine | null = null;

  /** @param over never returns */
  constructor(private readonly over: (how: RunOver) => never) {}

  call<R extends Json>(name: string, args: readonly Json[], _make: () => R): R {
    for (let line = this.peek(); line !== null && line.length === 1 && line[0] !== 'full'; line = this.peek()) this.next();
    const line = this.peek();
    if (line === null || !isCall(line)) return this.over({ why: line === null ? 'end' : 'full' });
    this.calls++;
    if (line[0] !== name || stringify(line[1]) !== stringify(args)) this.diverge(line, name, args);
    const result = line[2];
    if (!isError(result) && !isResultOf(name, result)) this.isUnreadable();
    this.next();
    if (isError(result)) throw new SystemError(...result.error);
    return result as R;
  }

  fact<R extends Json>(name: string, make: () => R): R {
    const line = this.peek();
    return line !== null && isCall(line) && line[0] === name ? this.call(name, [], make) : make();
  }

  event(): number {
    const line = this.peek();
    if (line?.length === 1 && line[0] !== 'full') {
      this.next();
      this.lastUs = line[0];
    }
    return this.lastUs;
  }

  private diverge([recordedName, recordedArgs]: Call, name: string, args: readonly Json[]): never {
    const tokenOf = (fd: number): number | null => this.tokens.get(fd) ?? null;
    const [recorded, now] = [false, true].map((quotes) => [
      describeCall(recordedName, recordedArgs, tokenOf, quotes), describeCall(name, args, tokenOf, quotes),
    ]).find(([one, other]) => one !== other) ?? ['other arguments', name];
    return this.over({ why: 'diverged', call: this.calls, recorded: recorded!, now: now! });
  }

  /** The next line, which stays; null: there is none. */
  private peek(): TapeLine | null {
    if (this.peeked !== null) return this.peeked;
    while (this.at >= this.lines.length) if (!this.takePiece()) return null;
    return (this.peeked = lineOf(this.lines[this.at]!) ?? this.isUnreadable());
  }

  private next(): void {
    this.peeked = null;
    this.at++;
  }

  /** Ends the run at the next line. */
  private isUnreadable(): never {
    return this.over({ why: 'unreadable', line: this.linesBefore + this.at + 1 });
  }

  private takePiece(): boolean {
    const piece = Buffer.alloc(PIECE);
    // The descriptor's own position is the writer's.
    const count = readSync(TAPE_FD, piece, 0, PIECE, this.position);
    if (count === 0) return false;
    this.position += count;
    const all = Buffer.concat([this.half, piece.subarray(0, count)]);
    const end = all.lastIndexOf(10) + 1;
    this.half = all.subarray(end);
    this.linesBefore += this.lines.length;
    const texts = all.latin1Slice(0, end) === '' ? [] : all.toString('utf8', 0, end - 1).split('\n');
    if (this.isFirst && texts.length > 0) {
      this.isFirst = false;
      texts.shift();
      this.linesBefore++;
    }
    this.lines = this.half.length > MOST_LINE_BYTES ? [...texts, ''] : texts;
    this.at = 0;
    return true;
  }
}

const isError = (result: Json): result is { readonly error: CallError['error'] } & { readonly [name: string]: Json } =>
  typeof result === 'object' && result !== null && 'error' in result && Array.isArray(result.error) && result.error.length === 4;

/**
 * RunningProgram: the process of a learner's program, its pipes, and its end. It leads its own process group, so that everything that it has started ends with
 * it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { messageIn } from './message-check.js';
import { descendantsOf, killEach, killMarked, MARK, newMark } from './marked-processes.js';
import { type ChildMessage, GO, GO_FD, TRACE_FD, type Wish, WISH_FD } from './protocol.js';

export interface ProgramEnd {
  /** Null: a signal has ended it. */
  readonly code: number | null;
  readonly signal: string | null;
}

export interface ProgramEvents {
  message(message: ChildMessage): void;
  /** A line of its standard output or error: a byte string, without its line end. */
  line(stream: 'out' | 'error', line: string): void;
  /** It has ended, and all of its output has been delivered. */
  ended(end: ProgramEnd): void;
}

export interface ProgramCommand {
  /** The program's side, built from child/main.ts. */
  readonly main: string;
  /** Absolute path of the program. */
  readonly file: string;
  readonly args: readonly string[];
  /** Its working folder. */
  readonly folder: string;
  /** How it is started. */
  readonly first: Wish;
  /** Descriptor of its tape; null: there is none. */
  readonly tape: number | null;
}

/** Limit for a line without end. */
const MOST_LINE = 4096;
/** No line of the trace is longer. */
const MOST_TRACE_LINE = 1024 * 1024;

/** A process that cannot be found may hold the pipes of a program that has ended: after this time its output is not waited for. */
const LAST_OUTPUT_MS = 1000;

export class RunningProgram {
  private readonly child: ChildProcess;
  private hasEnded = false;
  private readonly mark = newMark();
  private readonly killAtExit = (): void => this.kill();

  constructor({ main, file, args, folder, first, tape }: ProgramCommand, private readonly events: ProgramEvents) {
    const stdio = ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe', tape ?? 'ignore'] as const;
    // Its output is shown in the REPL's lines, which have no colours.
    const env = { ...process.env, FORCE_COLOR: '0', [MARK]: this.mark };
    this.child = spawn(process.execPath, [main, file, ...args], { cwd: folder, detached: true, stdio: [...stdio], env });
    process.on('exit', this.killAtExit);
    const { child } = this;
    const told = lines(child.stdio[TRACE_FD] as Readable, MOST_TRACE_LINE, (line) => events.message(messageIn(line) ?? UNREADABLE));
    const out = lines(child.stdout!, MOST_LINE, (line) => events.line('out', line));
    const error = lines(child.stderr!, MOST_LINE, (line) => events.line('error', line));
    for (const fd of [WISH_FD, GO_FD]) (child.stdio[fd] as Writable).on('error', () => {});
    this.wish(first);
    child.on('error', () => this.end({ code: null, signal: null }));
    child.on('exit', (code, signal) => {
      // Processes that it has left behind hold its pipes open.
      this.killAll();
      const end = (): void => this.end({ code, signal });
      const timeout = setTimeout(end, LAST_OUTPUT_MS);
      void Promise.all([told, out, error]).then(() => (clearTimeout(timeout), end()));
    });
  }

  /** -1: it could not be started. */
  get pid(): number {
    return this.child.pid ?? -1;
  }

  /** It gets the wish when it next calls its poll. */
  wish(wish: Wish): void {
    this.say(WISH_FD, `${JSON.stringify(wish)}\n`);
  }

  go(): void {
    this.say(GO_FD, GO);
  }

  /** Kills it at once, whatever it is doing, with everything that it has started. */
  kill(): void {
    if (this.hasEnded) return;
    // Later they would have another parent. Some may have cleared their environment, too.
    const family = this.pid === -1 ? [] : descendantsOf(this.pid);
    this.killAll();
    killEach(family);
  }

  private killAll(): void {
    if (this.pid === -1) return;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // The process group no longer exists.
    }
    // Some may have left the group.
    killMarked(this.mark);
  }

  private say(fd: number, text: string): void {
    const pipe = this.child.stdio[fd] as Writable;
    if (!this.hasEnded && pipe.writable) pipe.write(text);
  }

  private end(end: ProgramEnd): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    process.off('exit', this.killAtExit);
    for (const stream of this.child.stdio) stream?.destroy();
    this.events.ended(end);
  }
}

/** What the program itself has written to the pipe of its trace, perhaps into a message. */
const UNREADABLE: ChildMessage = { kind: 'dropped', messages: 1, waits: 0 };

/** Calls `take` with each line. Resolves at the end of the stream. @param most bytes of a line; longer ones are passed in parts */
function lines(stream: Readable, most: number, take: (line: string) => void): Promise<void> {
  let rest = '';
  stream.setEncoding('latin1');
  stream.on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop()!;
    for (const part of parts) take(part);
    for (; rest.length > most; rest = rest.slice(most)) take(rest.slice(0, most));
  });
  return new Promise((resolve) => {
    stream.on('error', () => {});
    stream.on('close', () => {
      if (rest !== '') take(rest);
      resolve();
    });
  });
}

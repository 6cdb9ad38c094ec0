/**
 * The terminal: its modes while the screen is on it, and how they are always restored.
 *
 *   enter    standard error is held · raw mode · alternate screen · bracketed paste · no cursor
 *   leave    raw mode off · everything undone, written synchronously, so that it also works while the process dies; once for each enter
 */
import { writeSync } from 'node:fs';
import type { ReadStream, WriteStream } from 'node:tty';
import { ESCAPE_MS, KeyDecoder, REMOTE_ESCAPE_MS } from './decoder.js';
import type { Key } from './key.js';
import { patientOutput, type PatientOutput } from './patient-output.js';
import { holdStandardError } from './standard-error.js';
import { TextReader } from './text-reader.js';

// The alternate screen, cleared; no autowrap, so that a line too long cannot shift others; pastes are marked; cursor hidden.
const ENTER = '\x1b[?1049h\x1b[2J\x1b[?7l\x1b[?2004h\x1b[?25l';
// Cleared before leaving, too: if the window has grown meanwhile, tmux would leave its last rows on the shell's screen.
const LEAVE = '\x1b[?2026l\x1b[0m\x1b[2J\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l';

/**
 * The maximum size that is used of a terminal, from its top left corner: more than the largest displays have. A terminal may report any size; each cell costs
 * memory and time several times over, 5000×5000 took a gigabyte, and 65,535 columns exceeded the length of a string.
 */
const MOST_COLUMNS = 1000;
const MOST_ROWS = 300;

/** How long the rest of a character's bytes may take. */
const CHARACTER_MS = 100;

export interface TerminalEvents {
  /** Keys that arrived together. */
  readonly keys: (keys: readonly Key[]) => void;
  readonly resize: (columns: number, rows: number) => void;
  /** The terminal has taken everything, after {@link Terminal.write} returned false. */
  readonly caughtUp: () => void;
  /** The terminal is gone. */
  readonly hangup: () => void;
}

export class Terminal {
  private readonly decoder = new KeyDecoder(process.env.SSH_CONNECTION === undefined ? ESCAPE_MS : REMOTE_ESCAPE_MS);
  private readonly reader = new TextReader();
  private flushTimer: NodeJS.Timeout | undefined;
  private flushSoon: NodeJS.Immediate | undefined;
  private isEntered = false;
  /** What comes now was typed before the screen. */
  private isTypedAhead = false;
  private readonly patient: PatientOutput | null;
  private releaseStandardError: (isHeard: boolean) => void = () => {};

  constructor(
    private readonly input: ReadStream,
    private readonly output: WriteStream & { readonly fd: number },
    private readonly events: TerminalEvents,
    private readonly usesAlternateScreen: boolean,
  ) {
    this.patient = patientOutput(output);
    this.patient?.on('drain', events.caughtUp);
  }

  get columns(): number {
    return Math.min(this.output.columns || 80, MOST_COLUMNS);
  }

  get rows(): number {
    return Math.min(this.output.rows || 24, MOST_ROWS);
  }

  /** False if the terminal has not taken everything: it should get no more before `caughtUp`. */
  readonly write = (text: string): boolean => {
    (this.patient ?? this.output).write(text);
    return this.patient === null || this.patient.writableLength === 0;
  };

  enter(): void {
    if (this.isEntered) return;
    this.isEntered = true;
    this.releaseStandardError = holdStandardError();
    this.takeOver();
    this.input.on('data', this.hear);
    this.input.on('end', this.events.hangup);
    // Never removed: a terminal that is gone may report that after it has been left.
    if (!this.input.listeners('error').includes(this.events.hangup)) this.input.on('error', this.events.hangup);
    this.output.on('resize', this.resized);
    this.input.resume();
    this.isTypedAhead = true;
    // Immediates run after reading; the first may come before it.
    setImmediate(() => setImmediate(() => (this.isTypedAhead = false)));
  }

  /** After a stop of the whole process without notice: the shell has changed the modes meanwhile. */
  reenter(): void {
    if (!this.isEntered) return;
    // Node remembers the mode that it has set, and would not set it again.
    this.input.setRawMode(false);
    this.takeOver();
  }

  /** The mode first: in the background the kernel stops the process there, before anything is written over the shell's output. */
  private takeOver(): void {
    this.input.setRawMode(true);
    if (this.usesAlternateScreen) this.write(ENTER);
  }

  /** False if the terminal takes nothing: then it takes no message, either. */
  leave(): boolean {
    if (!this.isEntered) return true;
    this.isEntered = false;
    this.wait(null);
    this.input.off('data', this.hear);
    this.input.off('end', this.events.hangup);
    this.output.off('resize', this.resized);
    this.input.pause();
    try {
      this.input.setRawMode(false);
    } catch {
      // The terminal is gone.
    }
    const isHeard = !this.usesAlternateScreen || this.writeNow(LEAVE);
    this.releaseStandardError(isHeard);
    return isHeard;
  }

  /** Writes synchronously: the process may end right afterwards. False if the terminal takes nothing. */
  private writeNow(text: string): boolean {
    if (this.patient !== null) {
      this.patient.write(text);
      return this.patient.flushNow();
    }
    for (let attempt = 0; attempt < 100; attempt++) {
      try {
        writeSync(this.output.fd, text);
        return true;
      } catch (error) {
        // A terminal that takes nothing at the moment is tried again; one that is gone is not.
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return false;
      }
    }
    return false;
  }

  private readonly resized = (): void => this.events.resize(this.columns, this.rows);

  private readonly hear = (data: Buffer): void => {
    const text = this.reader.read(data);
    this.tell(this.isTypedAhead ? this.decoder.pushTypedAhead(text, performance.now()) : this.decoder.push(text, performance.now()));
  };

  private tell(keys: readonly Key[]): void {
    if (keys.length > 0) this.events.keys(keys);
    // The last key may have ended the screen.
    if (this.isEntered) this.wait(this.reader.isPending ? CHARACTER_MS : this.decoder.waitMs(performance.now()));
  }

  /** @param waitMs null: nothing is pending */
  private wait(waitMs: number | null): void {
    clearTimeout(this.flushTimer);
    clearImmediate(this.flushSoon);
    if (waitMs === null) return;
    // When this thread was busy the rest may have arrived and still be unread: timers run before reading, immediates after it.
    this.flushTimer = setTimeout(() => (this.flushSoon = setImmediate(() => this.flush())), waitMs);
  }

  /** Nothing has followed for long enough. */
  private flush(): void {
    const nowMs = performance.now();
    this.tell(this.reader.isPending ? this.decoder.push(this.reader.flush(), nowMs) : this.decoder.flush(nowMs));
  }
}

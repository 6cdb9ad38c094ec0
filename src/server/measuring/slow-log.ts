/**
 * SlowLog: the slowest commands, newest first; read by SLOWLOG GET.
 */
import { Fifo } from '../../shared/fifo.js';

type Argv = readonly string[];

/** Longer argument lists and arguments are cut, with a note of what is missing (SLOWLOG_ENTRY_MAX_ARGC, _MAX_STRING). */
const MAX_ARGUMENTS = 32;
const MAX_LENGTH = 128;

export interface SlowLogEntry {
  readonly id: number;
  /** Unix time. */
  readonly atSeconds: number;
  readonly elapsedUs: number;
  readonly argv: Argv;
  readonly peer: string;
  readonly clientName: string;
}

/** Oldest first. */
export interface SlowLogState {
  readonly entries: readonly SlowLogEntry[];
  readonly nextId: number;
}

export class SlowLog {
  /** Oldest first. */
  private readonly entries = new Fifo<SlowLogEntry>();
  private nextId = 0;

  capture(): SlowLogState {
    return { entries: [...this.entries], nextId: this.nextId };
  }

  restore({ entries, nextId }: SlowLogState): void {
    for (const entry of entries) this.entries.push(entry);
    this.nextId = nextId;
  }

  get length(): number {
    return this.entries.length;
  }

  /** Returns at most `count` entries, newest first. */
  newest(count: number): SlowLogEntry[] {
    const { entries } = this;
    const shown: SlowLogEntry[] = [];
    for (let at = entries.length - 1; at >= 0 && shown.length < count; at--) shown.push(entries.at(at)!);
    return shown;
  }

  add(entry: Omit<SlowLogEntry, 'id'>, maxLength: number): void {
    this.entries.push({ ...entry, id: this.nextId++, argv: shorten(entry.argv) });
    this.trim(maxLength);
  }

  trim(maxLength: number): void {
    while (this.entries.length > maxLength) this.entries.shift();
  }

  reset(): void {
    this.entries.clear();
  }
}

function shorten(argv: Argv): string[] {
  const kept = argv.length > MAX_ARGUMENTS ? argv.slice(0, MAX_ARGUMENTS - 1) : argv;
  const words = kept.map((word) => (word.length > MAX_LENGTH ? `${word.slice(0, MAX_LENGTH)}... (${word.length - MAX_LENGTH} more bytes)` : word));
  if (kept !== argv) words.push(`... (${argv.length - MAX_ARGUMENTS + 1} more arguments)`);
  return words;
}

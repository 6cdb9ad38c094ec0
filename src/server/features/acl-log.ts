/**
 * AclLog: recent denials, for ACL LOG: commands, keys and channels that a user has no permission for, and AUTH and HELLO with a wrong password or an
 * unknown user.
 */
const GROUPING_MS = 60_000;
/** How many of the newest entries are searched for an equal one. */
const GROUPING_DEPTH = 10;

/** Where it happened. */
export type AclLogContext = 'toplevel' | 'multi' | 'lua';

interface Denial {
  readonly reason: 'auth' | 'command' | 'key' | 'channel';
  readonly context: AclLogContext;
  /** What was denied: the full name of the command, the key or the channel; for `auth` the name of the command, as the client wrote it. */
  readonly object: string;
  readonly username: string;
  /** The client as a line of CLIENT LIST. */
  readonly clientInfo: string;
}

export interface AclLogEntry extends Denial {
  /** How often it happened, each time within a minute after the previous one. */
  readonly count: number;
  /** Unix time of the last occurrence. */
  readonly atMs: number;
}

export class AclLog {
  /** Newest first. */
  private entries: AclLogEntry[] = [];

  constructor(
    private readonly clock: { readonly nowMs: number },
    /** acllog-max-len, applied when an entry is added. */
    private readonly maxLength: () => number,
  ) {}

  add(denial: Denial): void {
    const atMs = this.clock.nowMs;
    const at = this.entries.slice(0, GROUPING_DEPTH).findIndex((entry) => atMs - entry.atMs <= GROUPING_MS && isSame(entry, denial));
    if (at === -1) {
      this.entries = [{ ...denial, count: 1, atMs }, ...this.entries].slice(0, this.maxLength());
      return;
    }
    const [known] = this.entries.splice(at, 1);
    this.entries.unshift({ ...denial, count: known!.count + 1, atMs });
  }

  /** Newest first. */
  capture(): readonly AclLogEntry[] {
    return this.entries.slice();
  }

  restore(entries: readonly AclLogEntry[]): void {
    this.entries = [...entries];
  }

  newest(count: number): readonly AclLogEntry[] {
    return this.entries.slice(0, count);
  }

  reset(): void {
    this.entries = [];
  }
}

function isSame(a: Denial, b: Denial): boolean {
  return a.reason === b.reason && a.context === b.context && a.object === b.object && a.username === b.username;
}

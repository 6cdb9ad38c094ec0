/**
 * BusyWatch: what is known of a loop that is too busy to tell anything, put together on this thread.
 *
 *   server.onBusy, ten times a second ──▶ whom it serves, with what, since when ──┐
 *   server.waiting(their sockets)     ──▶ who has sent something and waits      ──┴─▶ tell(Busy)
 *
 * How long somebody waits counts from the first look at which there was something of theirs in the kernel.
 */
import type { LoopActivity, RedisLabServer } from '../server/index.js';
import type { TokenRow } from './state/model/tokens.js';
import type { Busy, Waiting } from './state/state.js';

export class BusyWatch {
  private readonly sinceMs = new Map<number, number>();
  private waiting: Busy['waiting'] = new Map();
  private activity: LoopActivity | null = null;
  private readonly stopListening: () => void;

  /**
   * @param rows what is registered with the poll, as far as it is known
   * @param tell is called with null when the loop is busy no longer
   */
  constructor(
    private readonly server: Pick<RedisLabServer, 'onBusy' | 'waiting'>,
    private readonly rows: () => readonly TokenRow[],
    private readonly tell: (busy: Busy | null) => void,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.stopListening = server.onBusy((activity) => this.look(activity));
  }

  stop(): void {
    this.activity = null;
    this.stopListening();
  }

  private look(activity: LoopActivity | null): void {
    const isFirst = this.activity === null;
    this.activity = activity;
    if (activity === null) {
      this.sinceMs.clear();
      this.waiting = new Map();
      return this.tell(null);
    }
    // To ask for the first time takes a while, and that the loop is busy is to be seen at once.
    if (isFirst) this.tell({ activity, waiting: this.waiting });
    void this.ask(activity);
  }

  private async ask(activity: LoopActivity): Promise<void> {
    const rows = this.rows().filter(({ fd, kind }) => fd >= 0 && kind !== 'waker');
    const counts = await this.server.waiting(rows.map(({ fd, kind }) => ({ fd, isListener: kind === 'listener' }))).catch(() => null);
    if (this.activity !== activity) return;
    if (counts !== null) this.waiting = this.dated(rows, counts);
    this.tell({ activity, waiting: this.waiting });
  }

  private dated(rows: readonly TokenRow[], counts: readonly number[]): ReadonlyMap<number, Waiting> {
    const nowMs = this.nowMs();
    const waiting = new Map<number, Waiting>();
    for (const [i, { token, kind }] of rows.entries()) {
      const count = counts[i] ?? 0;
      if (count === 0) {
        this.sinceMs.delete(token);
        continue;
      }
      const sinceMs = this.sinceMs.get(token) ?? nowMs;
      this.sinceMs.set(token, sinceMs);
      waiting.set(token, { kind: kind === 'listener' ? 'connections' : 'bytes', count, waitedMs: nowMs - sinceMs });
    }
    return waiting;
  }
}

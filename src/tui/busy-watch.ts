/**
 * BusyWatch: collects, on this thread, the known facts about a loop that is too busy to send events.
 *
 *   server.onBusy, ten times a second ──▶ which client, which command, since when ─┐
 *   server.waiting(their sockets)     ──▶ the clients that wait for the loop    ──┴─▶ tell(Busy)
 *
 * A client's waiting time counts from the first reading at which the kernel held something of it.
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
   * @param rows what is registered with the poll, as far as known
   * @param tell is called with null when the loop is no longer busy
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
    // The first query takes a while, but BUSY must be visible at once.
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

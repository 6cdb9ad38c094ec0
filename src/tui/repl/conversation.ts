/**
 * The conversation of one connection: matches replies to requests, and derives the client's state from both. Pure; it knows no socket.
 *
 *   sent: [ SELECT 2 ] [ SUBSCRIBE a b ]            replies:  +OK   *3 subscribe a 1   *3 subscribe b 2   *3 message a hi
 *           └ one reply  └ a confirmation a channel             │    └───── of SUBSCRIBE ────┘             └ push
 *                                                              └ of SELECT: the database is 2 now
 */
import type { Reply } from '../../server/index.js';
import { Fifo } from '../../shared/fifo.js';

/** `text`: a reply for human readers, which redis-cli prints without quotes. */
export type Hearing = 'reply' | 'text' | 'push' | 'hidden';

/** The same list as in redis-cli. */
const TEXT_REPLIES: ReadonlySet<string> = new Set([
  'info', 'lolwut', 'debug htstats', 'debug htstats-key', 'memory malloc-stats', 'memory doctor', 'cluster nodes', 'cluster info', 'client list',
  'client info', 'latency graph', 'latency doctor',
]);

interface Sent {
  readonly argv: readonly string[];
  /** Number of replies still to come. */
  due: number;
  /** Sent by the console itself, to restore the state of the old connection. */
  readonly isHidden: boolean;
}

const SUBSCRIBE: ReadonlySet<string> = new Set(['subscribe', 'psubscribe', 'ssubscribe']);
const UNSUBSCRIBE: ReadonlySet<string> = new Set(['unsubscribe', 'punsubscribe', 'sunsubscribe']);
const MESSAGE: ReadonlySet<string> = new Set(['message', 'pmessage', 'smessage']);

export class Conversation {
  db = 0;
  protocol: 2 | 3 = 2;
  inTransaction = false;
  /** Number of replies still to come to everything sent. */
  repliesDue = 0;
  isMonitor = false;
  /** The request answered by the last reply; null if none. */
  answeredRequest: readonly string[] | null = null;
  /** Confirmed names, by the command that unsubscribes them. */
  private readonly subscribed: { readonly [unsubscribe: string]: Set<Reply> } = { unsubscribe: new Set(), punsubscribe: new Set(), sunsubscribe: new Set() };
  private readonly sent = new Fifo<Sent>();
  /** How many of them are MULTI, and how many the console sent by itself. */
  private transactionsSent = 0;
  private hiddenSent = 0;
  /** The database of a queued SELECT, which takes effect with EXEC. */
  private queuedDb: number | null = null;
  /** CLIENT REPLY: `off` until ON, `skip` for the next command. */
  private silence: 'none' | 'skip' | 'off' = 'none';

  /** Number of channels and patterns. */
  get subscriptions(): number {
    return Object.values(this.subscribed).reduce((sum, names) => sum + names.size, 0);
  }

  /** The commands that end all subscriptions. */
  get farewells(): readonly string[] {
    return Object.entries(this.subscribed).flatMap(([name, names]) => (names.size > 0 ? [name.toUpperCase()] : []));
  }

  /** True if a reply is due to a typed request. */
  get isAwaited(): boolean {
    return this.sent.length > this.hiddenSent;
  }

  /** The request whose reply comes next, such as `BLPOP`; null if none is due. */
  get awaited(): string | null {
    return this.sent.first?.argv[0]?.toUpperCase() ?? null;
  }

  /** Typed requests without a complete reply, oldest first. */
  get unanswered(): readonly (readonly string[])[] {
    return [...this.sent].flatMap(({ argv, isHidden }) => (isHidden ? [] : [argv]));
  }

  send(argv: readonly string[], isHidden = false): void {
    if (!this.isAnswered(argv)) return;
    const name = argv[0]!.toLowerCase();
    const isElsewhere = this.inTransaction || this.transactionsSent > 0;
    const confirmations = SUBSCRIBE.has(name) ? argv.length - 1 : UNSUBSCRIBE.has(name) ? argv.length - 1 : 1;
    const due = isElsewhere ? 1 : Math.max(1, confirmations);
    this.sent.push({ argv, due, isHidden });
    this.repliesDue += due;
    if (name === 'multi') this.transactionsSent++;
    if (isHidden) this.hiddenSent++;
  }

  /** True if the request gets a reply at all. */
  private isAnswered([name = '', second = '', mode = '']: readonly string[]): boolean {
    const before = this.silence;
    if (before === 'skip') this.silence = 'none';
    if (`${name} ${second}`.toLowerCase() !== 'client reply') return before === 'none';
    if (/^off$/i.test(mode)) this.silence = 'off';
    else if (/^on$/i.test(mode)) this.silence = 'none';
    else if (/^skip$/i.test(mode) && before !== 'off') this.silence = 'skip';
    return this.silence === 'none';
  }

  hear(reply: Reply): Hearing {
    this.answeredRequest = null;
    const { isPush, items } = asPush(reply);
    const kind = typeof items?.[0] === 'string' ? items[0] : '';
    if ((isPush || this.subscriptions > 0) && MESSAGE.has(kind)) return 'push';
    if (items !== null && (SUBSCRIBE.has(kind) || UNSUBSCRIBE.has(kind)) && items.length === 3) return this.confirmed(kind, items[1]!);
    if (isPush || this.isMonitorLine(reply)) return 'push';
    return this.answered(reply);
  }

  /** Starts again for a new connection; returns the state to restore. */
  restart(): { readonly protocol: 2 | 3; readonly db: number } {
    const { protocol, db } = this;
    this.reset();
    this.sent.clear();
    this.repliesDue = 0;
    this.transactionsSent = 0;
    this.hiddenSent = 0;
    return { protocol, db };
  }

  private confirmed(kind: string, name: Reply): Hearing {
    const isEnd = UNSUBSCRIBE.has(kind);
    const names = this.subscribed[isEnd ? kind : kind.replace('sub', 'unsub')]!;
    if (isEnd) names.delete(name);
    else names.add(name);
    const { first } = this.sent;
    if (first === undefined || first.argv[0]!.toLowerCase() !== kind) return 'push';
    // Without names everything of that kind is confirmed, one by one.
    if (isEnd && first.argv.length === 1) this.setDue(first, 1 + names.size);
    this.shift(first);
    return first.isHidden ? 'hidden' : 'push';
  }

  private answered(reply: Reply): Hearing {
    const { first } = this.sent;
    if (first === undefined) return 'reply';
    // An error, or +QUEUED, is the only reply to a subscription of several channels.
    this.setDue(first, 1);
    this.shift(first);
    this.learn(first.argv, reply);
    this.answeredRequest = first.argv;
    // A wrong password is shown.
    if (first.isHidden) return isError(reply) ? 'reply' : 'hidden';
    return kindOf(first.argv, reply);
  }

  private setDue(sent: Sent, due: number): void {
    this.repliesDue += due - sent.due;
    sent.due = due;
  }

  private shift(first: Sent): void {
    this.setDue(first, first.due - 1);
    if (first.due > 0) return;
    this.sent.shift();
    if (first.argv[0]!.toLowerCase() === 'multi') this.transactionsSent--;
    if (first.isHidden) this.hiddenSent--;
  }

  private learn(argv: readonly string[], reply: Reply): void {
    const status = statusOf(reply);
    if (isError(reply) && argv[0]!.toLowerCase() !== 'exec') return;
    switch (argv[0]!.toLowerCase()) {
      case 'select':
        if (status === 'QUEUED') this.queuedDb = Number(argv[1]);
        else if (status === 'OK') this.db = Number(argv[1]);
        return;
      case 'multi':
        this.inTransaction = true;
        return;
      case 'exec':
      case 'discard':
        return this.endTransaction(Array.isArray(reply));
      case 'hello':
        if (status !== 'QUEUED' && argv.length > 1) this.protocol = argv[1] === '3' ? 3 : 2;
        return;
      case 'monitor':
        if (status === 'OK') this.isMonitor = true;
        return;
      case 'reset':
        if (status === 'RESET') this.reset();
        return;
    }
  }

  private endTransaction(wasExecuted: boolean): void {
    if (wasExecuted && this.queuedDb !== null) this.db = this.queuedDb;
    this.queuedDb = null;
    this.inTransaction = false;
  }

  private reset(): void {
    this.db = 0;
    this.protocol = 2;
    this.inTransaction = false;
    this.isMonitor = false;
    this.silence = 'none';
    for (const names of Object.values(this.subscribed)) names.clear();
    this.queuedDb = null;
  }

  private isMonitorLine(reply: Reply): boolean {
    return this.isMonitor && /^\d+\.\d{6} \[/.test(statusOf(reply) ?? '');
  }
}

/** Whether a reply is printed as text for human readers. */
export function kindOf(argv: readonly string[], reply: Reply): 'reply' | 'text' {
  return typeof reply === 'string' && isText(argv) ? 'text' : 'reply';
}

function isText([name = '', second = '']: readonly string[]): boolean {
  return TEXT_REPLIES.has(name.toLowerCase()) || TEXT_REPLIES.has(`${name} ${second}`.toLowerCase());
}

function asPush(reply: Reply): { isPush: boolean; items: readonly Reply[] | null } {
  if (Array.isArray(reply)) return { isPush: false, items: reply as readonly Reply[] };
  if (typeof reply === 'object' && reply !== null && 'type' in reply && reply.type === 'push') return { isPush: true, items: reply.items };
  return { isPush: false, items: null };
}

function statusOf(reply: Reply): string | null {
  return typeof reply === 'object' && reply !== null && 'type' in reply && reply.type === 'simple' ? reply.text : null;
}

export function isError(reply: Reply): boolean {
  return typeof reply === 'object' && reply !== null && 'type' in reply && (reply.type === 'error' || reply.type === 'bulk-error');
}

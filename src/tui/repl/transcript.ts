/**
 * Passes received lines of the connections to the transcript, and formats them only if they will be shown.
 *
 * MONITOR beside a benchmark produces a hundred thousand lines a second. The newest few hundred are kept unformatted, and passed on at most every 50 ms; a
 * separate line says how many were left out.
 */
import type { Reply } from '../../server/index.js';
import type { ReplLine } from '../state/repl-state.js';
import type { ConsoleTexts } from './console-texts.js';
import { isError } from './conversation.js';
import { formatInvalidation, formatReply, formatText, isCut, weightOf } from './format-reply.js';
import type { LongReply } from '../state/repl/pager.js';

const MAX_HELD = 400;
const PERIOD_MS = 50;

type Held = { readonly client: string; readonly reply: Reply; readonly kind: 'reply' | 'text' | 'push'; readonly title: string } | ReplLine;

export class Transcript {
  private held: Held[] = [];
  private skipped = 0;
  private timer: NodeJS.Timeout | null = null;
  private lastFlushMs = -Infinity;

  private nextId = 1;

  /** @param whole how to see a cut reply in full */
  constructor(
    private readonly show: (lines: readonly ReplLine[], long: readonly LongReply[]) => void,
    private readonly whole: string,
    private readonly texts: ConsoleTexts,
  ) {}

  /** @param title the request, safe to print */
  hear(client: string, reply: Reply, kind: 'reply' | 'text' | 'push', title: string): void {
    this.hold({ client, reply, kind, title });
  }

  say(kind: ReplLine['kind'], client: string, text: string): void {
    this.hold({ kind, client, text });
  }

  /** A typed line comes after everything received before it. */
  echo(line: ReplLine): void {
    this.held.push(line);
    this.flush();
  }

  flush(): void {
    this.cancel();
    const long: LongReply[] = [];
    const lines = this.held.flatMap((held) => {
      const formatted = format(held, this.texts);
      if (!('reply' in held) || !isCut(held.reply, held.kind === 'text')) return formatted;
      long.push({ id: this.nextId++, title: held.title, reply: held.reply, isText: held.kind === 'text', bytes: weightOf(held.reply) });
      return [...formatted, { kind: 'note' as const, client: held.client, text: this.whole }];
    });
    if (this.skipped > 0) lines.unshift({ kind: 'note', client: '', text: this.texts.tooFast(this.skipped) });
    this.held = [];
    this.skipped = 0;
    this.lastFlushMs = performance.now();
    if (lines.length > 0) this.show(lines, long);
  }

  close(): void {
    this.cancel();
    this.held = [];
  }

  private hold(held: Held): void {
    this.held.push(held);
    if (this.held.length > 2 * MAX_HELD) {
      this.skipped += MAX_HELD;
      this.held.splice(0, MAX_HELD);
    }
    if (this.timer !== null) return;
    const wait = this.lastFlushMs + PERIOD_MS - performance.now();
    this.timer = setTimeout(() => this.flush(), Math.max(0, wait));
  }

  private cancel(): void {
    if (this.timer === null) return;
    clearTimeout(this.timer);
    this.timer = null;
  }
}

function format(held: Held, texts: ConsoleTexts): ReplLine[] {
  if (!('reply' in held)) return [held];
  const { client, reply, kind } = held;
  const invalidation = formatInvalidation(reply);
  const isText = kind === 'text' && typeof reply === 'string';
  const lines = invalidation !== null ? [invalidation] : isText ? formatText(reply, undefined, texts) : formatReply(reply, undefined, texts);
  const lineKind = kind === 'push' ? 'push' : isError(reply) ? 'error' : 'out';
  return lines.map((text) => ({ kind: lineKind, client, text }));
}

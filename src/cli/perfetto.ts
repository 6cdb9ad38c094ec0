/**
 * Trace events as Chrome's trace-event JSON, which ui.perfetto.dev and chrome://tracing open.
 *
 *   loop          │ turn 7                                    │ turn 8
 *                 │ write │ poll │ read │ decode │ execute …  │ write …       the phases, as TRACE_EVENTS names them
 *   token 2 …                           │ SET              │                  a request: decoded, executed, replied to
 *                                       │ set │ ────────────┐
 *                                                           └───▶ write       the write that takes the last byte of its reply
 *
 * Times are those of the recording's monotonic clock, in µs. It was read at the boundaries of what was timed: events between two readings are spread evenly
 * over that time, as commandstats counts them, except those before a wait, in which the loop slept.
 */
import { TRACE_EVENTS, type Phase, type TraceEvent, type TraceKind } from '../server/index.js';

const PID = 1;
const LOOP = 1;
/** Perfetto's thread of token 0; it uses thread 0 for the idle thread. */
const FIRST_TOKEN = 10;

const NAME_LENGTH = 40;
const WORDS_SHOWN = 8;

/** One entry of the format. B and E enclose a slice, i is a moment, s and f are the ends of an arrow, M names a track. */
interface Entry {
  readonly ph: 'B' | 'E' | 'i' | 's' | 'f' | 'M';
  readonly tid: number;
  readonly ts?: number;
  readonly name?: string;
  readonly cat?: string;
  readonly id?: number;
  readonly bp?: 'e';
  readonly s?: 't';
  readonly args?: object;
}

/** Events without an entry in the tokens' tracks: they would only repeat the loop's track and the slices. */
const UNTOLD: ReadonlySet<TraceKind> = new Set(['ready', 'interest', 'key-change', 'replicate']);

type EventOf<K extends TraceEvent['kind']> = Extract<TraceEvent, { kind: K }>;

export class PerfettoWriter {
  /** Events at the same reading of the clock, until the next reading is known. */
  private group: TraceEvent[] = [];
  private readonly loop: LoopTrack;
  private readonly tracks = new Map<number, TokenTrack>();
  /** Tracks whose request ends with the turn at the latest. */
  private readonly open = new Set<TokenTrack>();
  private arrows = 0;
  private separator = '';

  /** @param write receives the text, piece by piece. @param about is shown as metadata of the trace */
  constructor(
    private readonly write: (text: string) => void,
    about: { readonly build: string; readonly begins: string },
  ) {
    write(`{"displayTimeUnit":"ns","otherData":${JSON.stringify(about)},"traceEvents":[`);
    this.nameTrack('process_name', LOOP, `redis-lab ${about.build}`);
    this.nameTrack('thread_name', LOOP, 'loop');
    this.loop = new LoopTrack(this.put);
  }

  add(events: readonly TraceEvent[]): void {
    for (const event of events) {
      if (this.group.length > 0 && event.atUs > this.group[0]!.atUs) this.endGroup(event.atUs);
      this.group.push(event);
    }
  }

  /** Ends the trace. */
  end(): void {
    const lastUs = this.group[0]?.atUs ?? 0;
    this.endGroup(lastUs);
    this.endTurn(lastUs);
    for (const track of this.tracks.values()) track.end(lastUs);
    this.write('\n]}\n');
  }

  private endGroup(nextUs: number): void {
    const { group } = this;
    this.group = [];
    const [first] = group;
    if (first === undefined) return;
    const isBeforeSleep = group.at(-1)!.kind === 'wait';
    const stepUs = isBeforeSleep ? 0 : (nextUs - first.atUs) / group.length;
    for (const [index, event] of group.entries()) this.event(event, first.atUs + index * stepUs);
  }

  private event(event: TraceEvent, ts: number): void {
    if (event.kind === 'turn-begin') this.endTurn(ts);
    this.loop.event(event, ts);
    if ('token' in event && !UNTOLD.has(event.kind)) this.tokenEvent(event, ts);
    if (event.kind === 'turn-end') this.endTurn(ts);
  }

  private tokenEvent(event: Extract<TraceEvent, { token: number }>, ts: number): void {
    const track = this.trackOf(event);
    track.event(event, ts);
    if (track.isOpen) this.open.add(track);
    if (event.kind !== 'disconnect') return;
    track.end(ts);
    this.tracks.delete(event.token);
  }

  private trackOf(event: Extract<TraceEvent, { token: number }>): TokenTrack {
    const known = this.tracks.get(event.token);
    if (known !== undefined) return known;
    const tid = FIRST_TOKEN + event.token;
    this.nameTrack('thread_name', tid, `token ${event.token} ${event.kind === 'connect' ? event.peer : 'listener'}`);
    const track = new TokenTrack(tid, this.put, () => ++this.arrows);
    this.tracks.set(event.token, track);
    return track;
  }

  private endTurn(ts: number): void {
    for (const track of this.open) track.endRequest(ts);
    this.open.clear();
    this.loop.endTurn(ts);
  }

  private nameTrack(name: string, tid: number, text: string): void {
    this.put({ ph: 'M', tid, name, args: { name: text } });
  }

  private readonly put = (entry: Entry): void => {
    const { ph, tid, ts, ...rest } = entry;
    const text = JSON.stringify({ ph, pid: PID, tid, ...(ts !== undefined && { ts: Math.round(ts * 1000) / 1000 }), ...rest });
    this.write(`${this.separator}\n${text.replace(/[\x7f-\x9f]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`)}`);
    this.separator = ',';
  };
}

/** The turns and their phases. */
class LoopTrack {
  private phase: Phase | null = null;
  private isTurnOpen = false;

  constructor(private readonly put: (entry: Entry) => void) {}

  event(event: TraceEvent, ts: number): void {
    if (event.kind === 'turn-begin') this.beginTurn(event, ts);
    // The handler that is about to run sends its own events.
    if (this.isTurnOpen && event.kind !== 'ready') this.enter(TRACE_EVENTS[event.kind].phase, ts);
    if (event.kind === 'flush' || event.kind === 'timer' || event.kind === 'save-slice' || event.kind === 'expire' || event.kind === 'evict') {
      this.put({ ph: 'i', tid: LOOP, ts, name: event.kind, s: 't', args: argsOf(event) });
    }
  }

  endTurn(ts: number): void {
    if (!this.isTurnOpen) return;
    this.leave(ts);
    this.put({ ph: 'E', tid: LOOP, ts });
    this.isTurnOpen = false;
  }

  private beginTurn({ turn }: EventOf<'turn-begin'>, ts: number): void {
    this.put({ ph: 'B', tid: LOOP, ts, name: `turn ${turn}`, cat: 'turn' });
    this.isTurnOpen = true;
  }

  private enter(phase: Phase, ts: number): void {
    if (phase === this.phase) return;
    this.leave(ts);
    this.phase = phase;
    this.put({ ph: 'B', tid: LOOP, ts, name: phase, cat: 'phase' });
  }

  private leave(ts: number): void {
    if (this.phase !== null) this.put({ ph: 'E', tid: LOOP, ts });
    this.phase = null;
  }
}

/** What happens to one connection. */
class TokenTrack {
  /** A request is being served. */
  isOpen = false;
  /** The newest request that has no reply yet, and the arrow that begins at it. */
  private awaited: { readonly frame: number; readonly arrow: number } | null = null;
  /** Replies that are not written yet, by their end offset in all output of the client. */
  private readonly unwritten: { readonly arrow: number; readonly end: number }[] = [];
  private producedBytes = 0;
  private writtenBytes = 0;
  private lastTs = 0;
  private isParking = false;
  private isParked = false;

  constructor(
    private readonly tid: number,
    private readonly emit: (entry: Entry) => void,
    private readonly nextArrow: () => number,
  ) {}

  event(event: Extract<TraceEvent, { token: number }>, ts: number): void {
    switch (event.kind) {
      case 'frame':
        this.beginRequest(event, ts);
        break;
      case 'execute':
        this.execution(event, ts);
        break;
      case 'park':
        this.isParking = true;
        break;
      case 'unpark':
        this.unpark(ts);
        break;
      case 'reply':
        this.reply(event, ts);
        break;
      case 'write':
        this.written(event, ts);
        break;
      default:
        this.endRequest(ts);
        this.put({ ph: 'i', ts, name: event.kind, s: 't', args: argsOf(event) });
    }
    this.lastTs = ts;
  }

  /** The request may have had no reply: CLIENT REPLY OFF, or it waits for something. */
  endRequest(ts: number): void {
    if (this.isOpen) this.put({ ph: 'E', ts });
    this.isOpen = false;
  }

  end(ts: number): void {
    this.endRequest(ts);
    this.unpark(ts);
  }

  private beginRequest({ frame, argv, bytes }: EventOf<'frame'>, ts: number): void {
    this.endRequest(ts);
    this.isOpen = true;
    const words = argv.slice(0, WORDS_SHOWN).map((word) => word.slice(0, NAME_LENGTH));
    this.put({ ph: 'B', ts, name: words[0]!.toUpperCase(), cat: 'request', args: { frame, bytes, argv: words } });
    this.awaited = { frame, arrow: this.nextArrow() };
    this.put({ ph: 's', ts, name: 'reply', cat: 'reply', id: this.awaited.arrow });
  }

  /** A slice as long as its time, or from the last event of its request if it was not timed alone. A transaction or a script has several in sequence. */
  private execution({ command, elapsedUs, keys, db }: EventOf<'execute'>, ts: number): void {
    const begin = Math.max(this.lastTs, elapsedUs > 0 || !this.isOpen ? ts - elapsedUs : 0);
    this.put({ ph: 'B', ts: begin, name: command, cat: 'command', args: { keys, db } });
    this.put({ ph: 'E', ts });
    if (!this.isParking) return;
    this.endRequest(ts);
    this.isParking = false;
    this.isParked = true;
    this.put({ ph: 'B', ts, name: 'parked', cat: 'parked' });
  }

  private unpark(ts: number): void {
    if (this.isParked) this.put({ ph: 'E', ts });
    this.isParked = false;
  }

  private reply({ frame, bytes }: EventOf<'reply'>, ts: number): void {
    this.producedBytes += bytes;
    if (this.awaited?.frame === frame) {
      this.unwritten.push({ arrow: this.awaited.arrow, end: this.producedBytes });
      this.awaited = null;
      this.endRequest(ts);
    } else this.put({ ph: 'i', ts, name: 'push', s: 't', args: { bytes } });
  }

  private written({ result, of }: EventOf<'write'>, ts: number): void {
    if (typeof result !== 'number') return this.put({ ph: 'i', ts, name: 'write', s: 't', args: { result, of } });
    this.writtenBytes += result;
    this.put({ ph: 'B', ts, name: 'write', cat: 'write', args: { result, of } });
    while (this.unwritten.length > 0 && this.unwritten[0]!.end <= this.writtenBytes) {
      this.put({ ph: 'f', ts, name: 'reply', cat: 'reply', id: this.unwritten.shift()!.arrow, bp: 'e' });
    }
    this.put({ ph: 'E', ts });
  }

  private put(entry: Omit<Entry, 'tid'>): void {
    this.emit({ tid: this.tid, ...entry });
  }
}

/** The fields of an event besides its kind, place and time. */
function argsOf(event: TraceEvent): object {
  const { kind: _kind, seq: _seq, atUs: _atUs, ...args } = event;
  return args;
}

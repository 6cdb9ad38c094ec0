/**
 * ClientScript: what the clients of a recording did, when, and what they received; collected while the recording is replayed.
 *
 * Each act is stored with the reply that it followed: the client may have waited for that one.
 */
import { formatAddress, type Address } from '../../io/poll.js';
import type { FaultCall } from '../../faults/loop-faults.js';
import type { FileContent } from '../../host.js';
import { RecordingError } from '../recording-file.js';
import type { Replay } from '../replay.js';
import type { ReplayedStream, WorldObserver } from '../replay-world.js';
import { type ReplyLog, ReplyLogs } from './reply-log.js';

/** A time on both clocks of the loop. */
export interface Moment {
  readonly us: number;
  readonly ms: number;
}

interface Placed {
  readonly at: Moment;
  /** The position of the act among those of all clients: acts of one moment keep their order. */
  readonly order: number;
  /** The last request of this client that was answered before. */
  readonly after: number;
}

/** What a client does once it is connected. */
export type ClientAct = Placed & (
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'end' | 'reset' }
);

export interface ScriptedClient {
  readonly connectsAt: Moment;
  /** Index of the listener that it connected to. */
  readonly listener: number;
  readonly address: Address;
  readonly acts: readonly ClientAct[];
  /** Its requests, and what it received. */
  readonly log: ReplyLog;
}

export interface ClientScript {
  readonly begin: Moment;
  readonly endUs: number;
  /** What the server has read from files, in order. */
  readonly files: readonly FileContent[];
  /** In the order in which they were accepted. */
  readonly clients: readonly ScriptedClient[];
  /** Faults of the loop that were set and removed, and changes of how readiness is reported. */
  readonly faults: readonly { readonly at: Moment; readonly call: FaultCall }[];
  /** Replies and messages in the order in which they were sent: to which client, for which request, and which part of what it received for that. */
  readonly replies: readonly (readonly [client: number, frame: number, part: number])[];
}

/** Replays a recording. Throws {@link RecordingError} if the replay diverges. */
export function readClientScript(replay: Replay): ClientScript {
  const reader = new ScriptReader(replay);
  const { divergence } = replay.run(() => reader.hasConnected);
  if (reader.hasConnected) throw new RecordingError('its server connected to another one, and what that would have sent is not known');
  if (divergence !== null) throw new RecordingError(`its replay diverges even without a change: ${divergence.message}`);
  return reader.script();
}

interface DraftClient extends ScriptedClient {
  readonly acts: ClientAct[];
}

class ScriptReader implements WorldObserver {
  private readonly begin: Moment;
  private readonly clients: DraftClient[] = [];
  /** The index of each among the clients. */
  private readonly places = new Map<ReplayedStream, number>();
  private readonly faults: { at: Moment; call: FaultCall }[] = [];
  private readonly replies: [client: number, frame: number, part: number][] = [];
  private readonly logs = new ReplyLogs();
  private order = 0;
  /** The server has connected to another one. */
  hasConnected = false;

  constructor(private readonly replay: Replay) {
    this.begin = this.now;
    replay.observe(this);
    replay.server.tap.sink = {
      emit: (event) => {
        if (this.hasConnected) return;
        if (event.kind === 'connect') this.logs.name(this.clients.at(-1)!.log, event.token);
        this.logs.hear(event);
      },
    };
  }

  script(): ClientScript {
    const { begin, clients, faults, replies } = this;
    return { begin, endUs: this.now.us, files: [...this.replay.files], clients, faults, replies };
  }

  connected(): void {
    this.hasConnected = true;
  }

  accepted(stream: ReplayedStream, local: Address): void {
    const listener = this.replay.server.listeners.findIndex(({ address }) => address === formatAddress(local));
    const client = { connectsAt: this.now, listener, address: stream.peer, acts: [], log: this.logs.add() };
    this.places.set(stream, this.clients.length);
    this.clients.push(client);
  }

  received(stream: ReplayedStream, bytes: Buffer): void {
    this.add(stream, (place) => ({ kind: 'bytes', bytes: Buffer.from(bytes), ...place }));
  }

  ended(stream: ReplayedStream): void {
    this.add(stream, (place) => ({ kind: 'end', ...place }));
  }

  broke(stream: ReplayedStream): void {
    this.add(stream, (place) => ({ kind: 'reset', ...place }));
  }

  sent(stream: ReplayedStream, bytes: Buffer): void {
    const client = this.clientOf(stream);
    if (client === null) return;
    const place = this.places.get(stream)!;
    client.log.sent(bytes, this.replay.server.loop.turnNumber, (frame, part) => this.replies.push([place, frame, part]));
  }

  called(call: FaultCall): void {
    this.faults.push({ at: this.now, call });
  }

  private add(stream: ReplayedStream, act: (place: Placed) => ClientAct): void {
    const client = this.clientOf(stream);
    if (client === null) return;
    client.acts.push(act({ at: this.now, order: this.order++, after: client.log.answered }));
  }

  /** Null: not a client, but a server that this one has connected to. */
  private clientOf(stream: ReplayedStream): DraftClient | null {
    const place = this.places.get(stream);
    return place === undefined ? null : this.clients[place]!;
  }

  private get now(): Moment {
    const { nowUs, nowMs } = this.replay.server.clock;
    return { us: nowUs, ms: nowMs };
  }
}

/** Returns the script without one request: what follows it moves up. @param client by its index. @param frame number of the request */
export function withoutRequest(script: ClientScript, client: number, frame: number): ClientScript {
  const { acts, log } = script.clients[client]!;
  const bytes = Buffer.concat(acts.flatMap((act) => (act.kind === 'bytes' ? act.bytes : [])));
  const [start, end] = rangeOf(bytes, log, frame);
  let position = 0;
  const left = acts.map((act): ClientAct => {
    const after = act.after < frame ? act.after : act.after - 1;
    if (act.kind !== 'bytes') return { ...act, after };
    const from = position;
    position += act.bytes.length;
    const cut = (at: number): number => Math.min(Math.max(at - from, 0), act.bytes.length);
    return { ...act, after, bytes: Buffer.concat([act.bytes.subarray(0, cut(start)), act.bytes.subarray(cut(end))]) };
  });
  return { ...script, clients: script.clients.map((each, index) => (index === client ? { ...each, acts: left } : each)) };
}

/** Returns the position of a request in the bytes of its client. Between two requests there may be empty lines. */
function rangeOf(bytes: Buffer, { exchanges }: ReplyLog, frame: number): readonly [start: number, end: number] {
  let at = 0;
  for (const [index, { raw, requestBytes }] of exchanges.entries()) {
    const start = bytes.indexOf(raw, at, 'latin1');
    at = start + requestBytes;
    if (index === frame - 1) return [start, at];
  }
  throw new Error(`there is no request ${frame}`);
}

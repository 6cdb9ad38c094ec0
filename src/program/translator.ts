/**
 * Translator: turns the events of a program's poll into the trace of the lab: with turns, and with the requests and replies in the bytes.
 *
 *   wait          → turn-end of the previous turn, turn-begin, wait
 *   read  + bytes → read, frame, frame, frame-partial
 *   write + bytes → reply, write
 *
 * Bytes that are not a RESP request are shown as they are, one frame per read or write; so are those that are answered by something other than RESP.
 */
import { RequestDecoder } from '../server/resp/request-decoder.js';
import type { ClientSnapshot, TraceBody } from '../server/index.js';
import { ByteFrames } from './byte-frames.js';
import type { ToldEvent } from './protocol.js';

/** A connection or a listener that is registered with the program's poll. */
export interface Registered {
  readonly fd: number;
  readonly token: number;
  readonly interest: number;
}

interface Party {
  readonly fd: number;
  readonly peer: string;
  readonly local: string;
  readonly connectedUs: number;
  readonly requests: ByteFrames;
  readonly replies: ByteFrames;
  interest: number;
  activeUs: number;
  frames: number;
  replyCount: number;
  bytesRead: number;
  bytesWritten: number;
  lastCommand: string;
}

/** Bytes of a frame that are kept, as in the lab's own trace. */
const RAW_BYTES = 512;
const MOST_WORDS = 256;
const MOST_WORD_BYTES = 1024;

export class Translator {
  turn = 0;
  connections = 0;
  commands = 0;
  bytesRead = 0;
  bytesWritten = 0;
  reads = 0;
  writes = 0;
  private turnCommands = 0;
  private awakeUs = 0;
  private readonly parties = new Map<number, Party>();

  translate({ body, atUs, bytes = '' }: ToldEvent): readonly TraceBody[] {
    switch (body.kind) {
      case 'wait':
        return [...this.turnEnds(atUs), { kind: 'turn-begin', turn: ++this.turn }, body];
      case 'poll':
        this.awakeUs = atUs;
        return [body];
      case 'connect':
        return this.connects(body, atUs);
      case 'interest':
        this.changed(body.token, atUs, (party) => (party.interest = body.after));
        return [body];
      case 'disconnect':
        this.parties.delete(body.token);
        return [body];
      case 'read':
        return this.read(body, Buffer.from(bytes, 'base64'), atUs);
      case 'write':
        return this.write(body, Buffer.from(bytes, 'base64'), atUs);
      default:
        return [body];
    }
  }

  /** @param nowUs on the clock of the events */
  clients(nowUs: number): readonly ClientSnapshot[] {
    return Array.from(this.parties, ([token, party]) => ({
      token, fd: party.fd, peer: party.peer, local: party.local, name: '', db: 0, resp: 2, parkedOn: null, inTransaction: false, subscriptions: 0,
      isMonitor: false, link: null, awaitsWritable: (party.interest & 2) !== 0, interest: party.interest, isGhost: false,
      queryBytes: party.requests.pending, outputBytes: 0, outputHeld: 0,
      lastCommand: party.lastCommand, requests: party.frames, bytesRead: party.bytesRead, bytesWritten: party.bytesWritten,
      ageMs: (nowUs - party.connectedUs) / 1000, idleMs: (nowUs - party.activeUs) / 1000,
    }));
  }

  /** The ports of both ends of a connection; null: there is none with this token. */
  portsOf(token: number): { readonly local: number; readonly peer: number } | null {
    const party = this.parties.get(token);
    return party === undefined ? null : { local: portOf(party.local), peer: portOf(party.peer) };
  }

  /** A stream was deregistered without being closed. */
  forget(token: number): void {
    this.parties.delete(token);
  }

  private turnEnds(atUs: number): readonly TraceBody[] {
    if (this.turn === 0) return [];
    const commands = this.turnCommands;
    this.turnCommands = 0;
    return [{ kind: 'turn-end', turn: this.turn, busyUs: Math.max(0, atUs - this.awakeUs), commands }];
  }

  private connects(body: Extract<TraceBody, { kind: 'connect' }>, atUs: number): readonly TraceBody[] {
    const { token, fd, peer, local } = body;
    this.connections++;
    this.parties.set(token, {
      fd, peer, local, connectedUs: atUs, activeUs: atUs, interest: 1, requests: new ByteFrames('request'), replies: new ByteFrames('reply'),
      frames: 0, replyCount: 0, bytesRead: 0, bytesWritten: 0, lastCommand: '',
    });
    return [body];
  }

  private read(body: Extract<TraceBody, { kind: 'read' }>, bytes: Buffer, atUs: number): readonly TraceBody[] {
    const { token, result } = body;
    const party = this.parties.get(token);
    if (typeof result !== 'number' || party === undefined) return [body];
    party.activeUs = atUs;
    party.bytesRead += result;
    this.bytesRead += result;
    this.reads++;
    const frames = party.requests.take(bytes, result);
    const asked = frames.map(({ raw, size }): TraceBody => this.frame(token, party, raw, size));
    const { pending, missing } = party.requests;
    return [body, ...asked, ...(pending === 0 ? [] : [{ kind: 'frame-partial', token, have: pending, need: pending + missing } as const])];
  }

  private frame(token: number, party: Party, raw: Buffer, bytes: number): TraceBody {
    const all = argvOf(raw);
    const argv = all.slice(0, MOST_WORDS).map((word) => word.slice(0, MOST_WORD_BYTES));
    party.lastCommand = argv[0]!.slice(0, 64).toLowerCase();
    this.commands++;
    this.turnCommands++;
    return { kind: 'frame', token, frame: ++party.frames, bytes, argv, ...(all.length > MOST_WORDS && { argc: all.length }), raw: beginning(raw, RAW_BYTES) };
  }

  private write(body: Extract<TraceBody, { kind: 'write' }>, bytes: Buffer, atUs: number): readonly TraceBody[] {
    const { token, result } = body;
    const party = this.parties.get(token);
    if (typeof result !== 'number' || party === undefined) return [body];
    party.activeUs = atUs;
    party.bytesWritten += result;
    this.bytesWritten += result;
    this.writes++;
    const replies = party.replies.take(bytes, result);
    // A server of lines or bytes, such as an echo: what has been read is no half of a request that it waits to complete.
    const unasked = party.replies.isResp || !party.requests.isResp ? [] : party.requests.stop();
    return [
      ...unasked.map(({ raw, size }) => this.frame(token, party, raw, size)),
      ...replies.map(({ raw, size }): TraceBody => ({ kind: 'reply', token, frame: ++party.replyCount, bytes: size, raw: beginning(raw, RAW_BYTES) })),
      body,
    ];
  }

  private changed(token: number, atUs: number, change: (party: Party) => void): void {
    const party = this.parties.get(token);
    if (party === undefined) return;
    party.activeUs = atUs;
    change(party);
  }
}

const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(':') + 1));

/** The words of a request; if it is none, the bytes themselves as the only word. */
function argvOf(raw: Buffer): readonly string[] {
  const decoder = new RequestDecoder();
  decoder.feed(raw, 0, raw.length);
  return decoder.next() === 1 && decoder.argv.length > 0 ? decoder.argv : [beginning(raw, MOST_WORD_BYTES)];
}

const beginning = (bytes: Buffer, most: number): string => bytes.subarray(0, most).latin1Slice();

/**
 * Handshake: the requests of a replica to its master before the dataset, and the handling of the replies. Lines in, requests out, without a socket.
 *
 *   PING ─▶ AUTH, REPLCONF listening-port, ip-address, capa ─▶ PSYNC id offset ─▶ full · partial · later · failed
 *           └─ sent together, answered one after the other
 */
import { encodeRequest } from '../resp/request-encoder.js';

/** What this server tells its master about itself. */
export interface Introduction {
  /** Empty: no AUTH. */
  readonly password: string;
  /** Empty: the user default. */
  readonly user: string;
  readonly port: number;
  /** Empty: the address that the master sees. */
  readonly address: string;
}

/** A position in a history. */
export interface Position {
  readonly id: string;
  readonly offset: number;
}

export type Outcome =
  /** The dataset follows; then the stream, from this offset on. */
  | { readonly kind: 'full'; readonly position: Position }
  /** The stream follows from the requested offset, under another ID if there is one. */
  | { readonly kind: 'partial'; readonly id: string | null }
  /** The master cannot do it now. */
  | { readonly kind: 'later'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string };

type Step = 'ping' | 'auth' | 'port' | 'address' | 'capa' | 'psync';

export interface HandshakeState {
  readonly expected: readonly Step[];
}

/** Names of what a master may not know, which is no reason to fail. */
const OPTIONAL: { readonly [step in Step]?: string } = { port: 'REPLCONF listening-port', address: 'REPLCONF ip-address', capa: 'REPLCONF capa' };

/** Replies to PING of a master that is alive, and may require AUTH. */
const ALIVE = /^(?:\+|-NOAUTH|-NOPERM|-ERR operation not permitted)/;

export class Handshake {
  /** The steps that the next replies belong to. */
  private expected: Step[] = ['ping'];

  /** @param from where to continue, if the master has that; null: requests everything */
  constructor(
    private readonly introduction: Introduction,
    private readonly from: () => Position | null,
    /** The master is a replica that is to take over. */
    private readonly isFailover: () => boolean,
    private readonly log: (message: string) => void,
  ) {}

  capture(): HandshakeState {
    return { expected: [...this.expected] };
  }

  restore({ expected }: HandshakeState): void {
    this.expected = [...expected];
  }

  /** Returns the first request. */
  begin(): string {
    return encodeRequest(['PING']);
  }

  /** Handles a reply, without its line end. Returns what to send next, possibly nothing, or the outcome. */
  answer(line: string): string | Outcome {
    // An empty line keeps the connection alive while the master is busy.
    if (line === '') return '';
    const step = this.expected.shift()!;
    const isError = line.startsWith('-');
    if (step === 'psync') return this.outcome(line);
    if (step === 'ping') {
      if (!ALIVE.test(line)) return { kind: 'failed', why: `Error reply to PING from master: '${line}'` };
      this.log('Master replied to PING, replication can continue...');
      return this.introduce();
    }
    if (step === 'auth' && isError) return { kind: 'failed', why: `Unable to AUTH to MASTER: ${line}` };
    const optional = OPTIONAL[step];
    if (isError && optional !== undefined) this.log(`(Non critical) Master does not understand ${optional}: ${line}`);
    return this.expected.length > 0 ? '' : this.askForStream();
  }

  /** True if a password is sent, which must be kept out of recordings. */
  get saysPassword(): boolean {
    return this.expected.includes('auth');
  }

  private introduce(): string {
    const { password, user, port, address } = this.introduction;
    let requests = '';
    const say = (step: Step, ...argv: string[]): void => {
      requests += encodeRequest(argv);
      this.expected.push(step);
    };
    if (password !== '') say('auth', 'AUTH', ...(user === '' ? [] : [user]), password);
    say('port', 'REPLCONF', 'listening-port', String(port));
    if (address !== '') say('address', 'REPLCONF', 'ip-address', address);
    say('capa', 'REPLCONF', 'capa', 'eof', 'capa', 'psync2');
    return requests;
  }

  private askForStream(): string {
    const from = this.from();
    this.expected.push('psync');
    if (from === null) {
      this.log('Partial resynchronization not possible (no cached master)');
      return encodeRequest(['PSYNC', '?', '-1']);
    }
    this.log(`Trying a partial resynchronization (request ${from.id}:${from.offset}).`);
    return encodeRequest(['PSYNC', from.id, String(from.offset), ...(this.isFailover() ? ['FAILOVER'] : [])]);
  }

  private outcome(line: string): Outcome {
    const [word, id = '', offset = ''] = line.split(' ');
    if (word === '+FULLRESYNC') {
      if (!/^[\da-f]{40}$/i.test(id) || !/^\d{1,15}$/.test(offset)) return { kind: 'failed', why: `Master replied with wrong +FULLRESYNC syntax: ${line}` };
      return { kind: 'full', position: { id, offset: Number(offset) } };
    }
    if (word === '+CONTINUE') return { kind: 'partial', id: id.length === 40 ? id : null };
    if (word === '-NOMASTERLINK' || word === '-LOADING') {
      return { kind: 'later', why: `Master is currently unable to PSYNC but should be in the future: ${line}` };
    }
    return { kind: 'failed', why: `Unexpected reply to PSYNC from master: ${line}` };
  }
}

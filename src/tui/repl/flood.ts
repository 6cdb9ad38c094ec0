/**
 * `flood 50 100 SET k v`: 50 clients at once, each of which sends 100 commands at once. Their names are flood-1, flood-2 and so on, and they disconnect when
 * they have their replies.
 */
import { createConnection, type Socket } from 'node:net';
import { type Address, encodeRequest, ReplyReader } from '../../server/index.js';

const MOST_CLIENTS = 100;
const MOST_COMMANDS = 10_000;
const MOST_BYTES = 2 ** 24;

export interface FloodRequest {
  readonly clients: number;
  readonly commands: number;
  readonly argv: readonly string[];
}

/** Parses the words after `flood`; null: invalid. */
export function parseFlood([clientsText = '', commandsText = '', ...argv]: readonly string[]): FloodRequest | null {
  const [clients, commands] = [clientsText, commandsText].map((text) => (/^\d+$/.test(text) ? Number(text) : 0)) as [number, number];
  const isRight = clients >= 1 && clients <= MOST_CLIENTS && commands >= 1 && commands <= MOST_COMMANDS && argv.length > 0;
  return isRight && encodeRequest(argv).length * commands * clients <= MOST_BYTES ? { clients, commands, argv } : null;
}

export class Flood {
  private readonly members: readonly FloodClient[];
  private left: number;

  /** @param ended called once, with how many commands of how many clients were answered */
  constructor(
    address: Address,
    password: string | undefined,
    private readonly request: FloodRequest,
    private readonly ended: (answered: number, commands: number, clients: number) => void,
  ) {
    const { clients, commands, argv } = request;
    this.left = clients;
    const login = password === undefined ? [] : [['AUTH', password]];
    this.members = Array.from({ length: clients }, (_, at) => {
      const hello = [...login, ['CLIENT', 'SETNAME', `flood-${at + 1}`]];
      const bytes = hello.map(encodeRequest).join('') + encodeRequest(argv).repeat(commands);
      return new FloodClient(address, Buffer.from(bytes, 'latin1'), hello.length, commands, () => this.leave());
    });
  }

  /** True if not everything has been passed to the kernel. */
  get isSending(): boolean {
    return this.members.some(({ isSending }) => isSending);
  }

  /** Ends it early. */
  end(): void {
    for (const member of this.members) member.end();
  }

  private leave(): void {
    if (--this.left > 0) return;
    const { clients, commands } = this.request;
    const answered = this.members.reduce((sum, member) => sum + member.answered, 0);
    this.ended(answered, clients * commands, clients);
  }
}

class FloodClient {
  private readonly socket: Socket;
  private readonly reader = new ReplyReader();
  private replies = 0;

  /** @param hello number of replies that precede those to the commands */
  constructor(
    address: Address,
    bytes: Buffer,
    private readonly hello: number,
    private readonly commands: number,
    gone: () => void,
  ) {
    this.socket = createConnection('path' in address ? { path: address.path } : { host: address.host, port: address.port, noDelay: true });
    this.socket.on('connect', () => this.socket.write(bytes));
    this.socket.on('data', (chunk) => this.read(chunk));
    // Errors show in the number of answered commands.
    this.socket.on('error', () => {});
    this.socket.on('close', gone);
  }

  get isSending(): boolean {
    const { connecting, writableLength, destroyed } = this.socket;
    return !destroyed && (connecting || writableLength > 0);
  }

  get answered(): number {
    return Math.max(0, this.replies - this.hello);
  }

  end(): void {
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    this.reader.read(chunk, () => void this.replies++);
    if (this.answered >= this.commands || this.reader.error !== null) this.end();
  }
}

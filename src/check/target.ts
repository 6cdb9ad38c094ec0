/**
 * Target: the address that is tested, and the known facts about the server there.
 */
import { lookup } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { formatAddress, quoteWord, type Reply } from '../server/index.js';
import type { TcpAddress } from '../shared/address.js';
import type { Text } from '../shared/language.js';
import { same } from './probe.js';
import { ServerProcess, type StarvingWatch } from './process.js';
import { isError, isPong, type Patience, PATIENCE_MS, show, Unexpected, WireClient } from './wire.js';

export interface Credentials {
  readonly user: string | null;
  readonly password: string;
}

/** The target cannot be tested; the text says why, in one line. */
export class TargetError extends Error {
  constructor(readonly text: Text) {
    super(text.en);
  }
}

/** What is tried once more gets this many times the time. */
const SECOND_PATIENCE = 3;

/** Prefix of the probes' keys. */
const KEY_PREFIX = 'redis-lab-check:';

/** Time limit for a server to read all that it is going to read. */
const TAKES_MS = 12_000;
/** A server that has read everything and does nothing for this time reads no more. */
const QUIET_MS = 300;
/** A handshake takes processor time on both sides. */
const HANDSHAKE_MS = 6000;
/** If it cannot be seen whether a server has read what was sent, it gets this time. */
const READ_MS = 40;

export class Target {
  /** Null: it cannot be inspected from here. */
  readonly process: ServerProcess | null;
  /** How long a reply may take, in ms; longer when a probe is asked for the second time. */
  patienceMs: number;
  private readonly starving: StarvingWatch | null;
  private readonly clients = new Set<WireClient>();
  private readonly tried = new Map<string, Promise<Text | null>>();
  private readonly keys = new Set<string>();

  /** @param address with a numeric host: all connections go to the same server */
  constructor(
    readonly address: TcpAddress,
    private readonly credentials: Credentials | null,
    /** False: keys must not be written. */
    public mayWrite = true,
    readonly firstPatienceMs = PATIENCE_MS,
  ) {
    this.patienceMs = firstPatienceMs;
    this.process = ServerProcess.find(address);
    this.starving = this.process?.watchStarving() ?? null;
  }

  /** Of the addresses that a name stands for, the first that takes a connection. Rejects with {@link TargetError}. */
  static async at({ host, port }: TcpAddress, credentials: Credentials | null, patienceMs = PATIENCE_MS): Promise<Target> {
    const found = await lookup(host, { all: true }).catch(({ code }: NodeJS.ErrnoException) => {
      throw new TargetError({ en: `${host}: there is no host of this name (${code})`, ko: `${host}: 그런 이름의 호스트가 없습니다(${code})` });
    });
    let last: Text = { en: '', ko: '' };
    for (const address of found.map((each) => ({ host: each.address, port }))) {
      try {
        (await WireClient.open(address)).close();
        return new Target(address, credentials, true, patienceMs);
      } catch (error) {
        last = (error as Unexpected).text;
      }
    }
    const tried = found.map(({ address }) => formatAddress({ host: address, port })).join(', ');
    throw new TargetError({ en: `${tried}: ${last.en}`, ko: `${tried}: ${last.ko}` });
  }

  /** Opens a connection, authenticated. Rejects with {@link Unexpected}. */
  async open(): Promise<WireClient> {
    const client = await WireClient.open(this.address, this.patience);
    this.clients.add(client);
    const { credentials } = this;
    if (credentials === null) return client;
    const reply = await client.ask('AUTH', ...(credentials.user === null ? [] : [credentials.user]), credentials.password);
    if (isError(reply)) throw new Unexpected('error reply', { en: `AUTH: ${show(reply)}`, ko: `AUTH: ${show(reply)}` });
    return client;
  }

  /** Opens `count` connections in groups, so that a short backlog can hold them. */
  async openMany(count: number): Promise<readonly WireClient[]> {
    const clients: WireClient[] = [];
    try {
      while (clients.length < count) clients.push(...(await Promise.all(Array.from({ length: Math.min(50, count - clients.length) }, () => this.open()))));
    } catch (error) {
      if (!(error instanceof Unexpected)) throw error;
      const opened = clients.length;
      throw new Unexpected(error.trouble, { en: `after ${opened} connections: ${error.text.en}`, ko: `연결 ${opened}개 뒤: ${error.text.ko}` });
    }
    return clients;
  }

  /** Sends bytes and waits until the server has read them, so that the next bytes arrive in another read. */
  async sendAlone(client: WireClient, bytes: string): Promise<void> {
    client.send(bytes);
    const { process: server } = this;
    if (server === null) return sleep(READ_MS);
    await sleep(5);
    await until(() => server.unreadBytes(client.localPort) === 0, this.patienceMs);
  }

  /** Waits until the server has read everything, or stopped reading, and rests; at most {@link TAKES_MS}, since a spinning server never rests. */
  async takesNoMore(client: WireClient): Promise<void> {
    for (const endMs = performance.now() + TAKES_MS; performance.now() < endMs; ) {
      const before = client.unsentBytes;
      const load = await (this.process?.load(QUIET_MS) ?? sleep(QUIET_MS, null));
      if (client.unsentBytes === before && (load === null || load.wanted < 0.25)) return;
    }
  }

  /** Closes the connections of a probe. */
  closeAll(): void {
    for (const client of this.clients) client.close();
    this.clients.clear();
  }

  /** Why this command cannot be used; null: it can. A server knows a command if it answers with anything but an error. */
  lacks(...argv: readonly string[]): Promise<Text | null> {
    const name = argv.join(' ');
    const tried = this.tried.get(name) ?? this.patiently(() => this.tries(argv));
    this.tried.set(name, tried);
    return tried;
  }

  /** Calls `attempt` with longer timeouts: the server may only be late. */
  async patiently<T>(attempt: () => Promise<T>): Promise<T> {
    const before = this.patienceMs;
    this.patienceMs = SECOND_PATIENCE * this.firstPatienceMs;
    try {
      return await attempt();
    } finally {
      this.patienceMs = before;
    }
  }

  /** True if nothing listens there any more. */
  async hasEnded(): Promise<boolean> {
    const error = await WireClient.open(this.address, this.patience).then((client) => void client.close(), (reason: unknown) => reason);
    return error instanceof Unexpected && error.trouble === 'refused';
  }

  /** Returns a key that is deleted at the end. */
  key(name: string): string {
    const key = `${KEY_PREFIX}${process.pid}:${name}`;
    this.keys.add(key);
    return key;
  }

  private get patience(): Patience {
    return { ms: this.patienceMs, starvedMs: () => this.starving?.starvedMs() ?? 0 };
  }

  /** Call it at the end. */
  close(): void {
    this.closeAll();
    this.starving?.stop();
  }

  /** Deletes the keys of the probes. */
  async cleanUp(): Promise<void> {
    if (this.keys.size === 0) return;
    try {
      const client = await this.open();
      for (const key of this.keys) await client.ask('DEL', key);
    } catch {
      // A server that does not answer keeps them; the probes have reported that.
    }
    this.closeAll();
  }

  /** Checks for a server that can be tested. Resolves with why it does not answer PING, or null: it does. Rejects with {@link TargetError}. */
  async greet(): Promise<Text | null> {
    try {
      const client = await this.open();
      const reply = await client.ask('PING').catch((error: unknown) => this.explain(client, error));
      if (isError(reply) && NOT_NOW.test(reply.text)) throw this.error(refusal(show(reply)));
      return isPong(reply) ? null : same(show(reply));
    } catch (error) {
      if (!(error instanceof Unexpected)) throw error;
      if (error.trouble !== 'closed' && error.trouble !== 'no reply') throw this.error(error.text);
      return error.text;
    } finally {
      this.closeAll();
    }
  }

  /** Number of keys in the database; null: it has no DBSIZE, as small servers may not. */
  async keyCount(): Promise<number | null> {
    const client = await this.open();
    const reply = await client.ask('DBSIZE').catch(() => null);
    this.closeAll();
    return typeof reply === 'number' ? reply : null;
  }

  private error({ en, ko }: Text): TargetError {
    const where = formatAddress(this.address);
    return new TargetError({ en: `${where}: ${en}`, ko: `${where}: ${ko}` });
  }

  /** A reply other than PONG may be another protocol; a server that is silent, or closes, may expect another one. */
  private async explain(client: WireClient, error: unknown): Promise<never> {
    const strange = client.strange ?? '';
    if (isHttp(strange)) throw this.error(SPEAKS_HTTP);
    if (isTls(strange)) throw this.error(SPEAKS_TLS);
    if (strange !== '') {
      const said = quoteWord(strange);
      throw this.error({ en: `it does not speak the protocol of Redis, but said ${said}`, ko: `Redis 프로토콜이 아닙니다. 받은 것: ${said}` });
    }
    if (error instanceof Unexpected && (error.trouble === 'closed' || error.trouble === 'no reply')) {
      if (await this.speaksTls()) throw this.error(SPEAKS_TLS);
      if (isHttp(await this.answerTo('GET / HTTP/1.0\r\n\r\n'))) throw this.error(SPEAKS_HTTP);
    }
    throw error;
  }

  private async answerTo(bytes: string): Promise<string> {
    const client = await WireClient.open(this.address, this.patience);
    this.clients.add(client);
    client.send(bytes);
    await client.next().catch(() => null);
    return client.strange ?? '';
  }

  /** True if a TLS handshake succeeds, or is refused by the other side's own alert. */
  private speaksTls(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connectTls({ ...this.address, rejectUnauthorized: false });
      const end = (speaks: boolean): void => {
        clearTimeout(timer);
        socket.destroy();
        resolve(speaks);
      };
      const timer = setTimeout(() => end(false), HANDSHAKE_MS);
      socket.once('secureConnect', () => end(true));
      socket.once('error', ({ code }: NodeJS.ErrnoException) => end(/^ERR_SSL_.*ALERT/.test(code ?? '')));
    });
  }

  private async tries(argv: readonly string[]): Promise<Text | null> {
    const name = argv[0]!;
    try {
      const client = await this.open();
      const reply: Reply = await client.ask(...argv);
      client.close();
      return isError(reply) ? { en: `it has no ${name}: ${show(reply)}`, ko: `${name} 명령이 없음: ${show(reply)}` } : null;
    } catch (error) {
      if (error instanceof Unexpected) return { en: `${name}: ${error.text.en}`, ko: `${name}: ${error.text.ko}` };
      throw error;
    }
  }
}

const isHttp = (bytes: string): boolean => bytes.startsWith('HTTP/') || /^<(?:!doctype|html)/i.test(bytes);

/** True for a TLS record: an alert or a handshake, and the version. */
const isTls = (bytes: string): boolean => /^[\x15\x16]\x03/.test(bytes);

const SPEAKS_HTTP: Text = { en: 'it speaks HTTP, not the protocol of Redis', ko: 'Redis 프로토콜이 아니라 HTTP입니다' };
const SPEAKS_TLS: Text = { en: 'it speaks TLS; check asks without', ko: 'TLS를 씁니다. check는 TLS 없이 묻습니다' };

/** Error replies to PING of a server that serves no clients, or not this one, at the moment. */
const NOT_NOW = /^(?:NOAUTH|DENIED|LOADING|BUSY|MASTERDOWN|ERR max number of clients)/;

function refusal(reply: string): Text {
  if (!reply.startsWith('-NOAUTH')) return { en: `it does not serve us: ${reply}`, ko: `응하지 않습니다: ${reply}` };
  return { en: 'it wants a password: --password, and --user where it has users', ko: '비밀번호가 필요합니다: --password, 사용자가 있으면 --user도' };
}



/** Waits until `isSo` returns true or the time has passed; resolves with its last result. */
export async function until(isSo: () => boolean, ms: number): Promise<boolean> {
  for (const endMs = performance.now() + ms; !isSo(); await sleep(20)) if (performance.now() > endMs) return false;
  return true;
}

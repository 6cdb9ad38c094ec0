/**
 * The only door to the server: what `import … from 'redis-lab'` gives.
 *
 *     await using server = await createServer({ port: 0 });
 *     const client = createClient({ url: server.url });
 */
import type { SettingValues } from './config.js';
import { formatAddress, type Address } from './io/poll.js';
import type { LogLevel } from './server.js';
import { LoopHandle } from './thread/loop-handle.js';
import type { PollerName } from './thread/protocol.js';

export { StartError } from './thread/loop-handle.js';
export type { TraceEvent, TraceKind } from './trace/events.js';
export type { SettingValues, SettingName } from './config.js';
export type { LogLevel, PollerName };

export interface ServerOptions extends Partial<SettingValues> {
  /** `auto`: epoll where there is one. */
  readonly poller?: PollerName | 'auto';
  /** Readiness is reported once per change instead of as long as it lasts. */
  readonly edgeTriggered?: boolean;
  /** 32 bits; random if left out. */
  readonly seed?: number;
  readonly log?: (level: LogLevel, message: string) => void;
}

export interface RedisLabServer extends AsyncDisposable {
  /** `redis://127.0.0.1:6379`, for client libraries. */
  readonly url: string;
  /** The port really bound; 0 if only a unix socket is. */
  readonly port: number;
  readonly addresses: readonly Address[];
  readonly poller: PollerName;
  /** Resolves when the server has ended, by {@link close} or by a client's SHUTDOWN. */
  readonly closed: Promise<void>;
  /** Ends the server: all connections are closed, the thread is gone when this resolves. */
  close(): Promise<void>;
}

/** Starts a server on a thread of its own. Rejects with {@link StartError}, for example if the port is taken. */
export async function createServer(options: ServerOptions = {}): Promise<RedisLabServer> {
  const { poller = 'auto', edgeTriggered = false, seed = Math.floor(Math.random() * 0x100000000), log = () => {}, ...settings } = options;
  const handle = await LoopHandle.start({ settings, poller, edgeTriggered, seed, paused: false }, { log });
  const { addresses } = handle.ready;
  const tcp = addresses.find((address) => 'port' in address);
  const close = async (): Promise<void> => {
    await handle.call('close', null).catch(() => {});
    await handle.closed;
  };
  return {
    url: tcp === undefined ? `redis+unix://${formatAddress(addresses[0]!)}` : `redis://${formatAddress(tcp)}`,
    port: tcp === undefined || !('port' in tcp) ? 0 : tcp.port,
    addresses,
    poller: handle.ready.poller,
    closed: handle.closed,
    close,
    [Symbol.asyncDispose]: close,
  };
}

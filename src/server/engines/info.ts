/**
 * INFO of the engine of threads: the threads, and the costs of the lock so far.
 */
import { EXPIRED_KEYS, KEYS, USED } from '../arena/layout.js';
import { lockCounters } from '../arena/lock.js';
import { REDIS_VERSION } from '../version.js';
import { MOST_THREADS, viewLanes } from './lanes.js';
import type { ConnectionData } from './protocol.js';

export function describe({ memory, lanes, port, startedAt }: Pick<ConnectionData, 'memory' | 'lanes' | 'port' | 'startedAt'>): string {
  const words = new Int32Array(memory);
  const counters = new Float64Array(memory);
  const threads = viewLanes(lanes);
  const lock = lockCounters(memory);
  const sections: { readonly [heading: string]: { readonly [field: string]: string | number } } = {
    Server: {
      redis_version: REDIS_VERSION, redis_mode: 'standalone', engine: 'threads', process_id: process.pid, tcp_port: port,
      uptime_in_seconds: Math.floor(Date.now() / 1000) - startedAt,
    },
    Clients: { connected_clients: threads.length, maxclients: MOST_THREADS },
    Memory: { used_memory: words[USED]!, maxmemory: memory.byteLength },
    Stats: { expired_keys: counters[EXPIRED_KEYS]! },
    Replication: { role: 'master', connected_slaves: 0 },
    Lock: { lock_acquisitions: lock.acquisitions, lock_waits: lock.waits, lock_waited_usec: lock.waitedUs },
    Keyspace: words[KEYS] === 0 ? {} : { db0: `keys=${words[KEYS]!}` },
  };
  return Object.entries(sections).map(([heading, fields]) => `# ${heading}\r\n${linesOf(fields)}`).join('\r\n');
}

function linesOf(fields: { readonly [field: string]: string | number }): string {
  return Object.entries(fields).map(([name, value]) => `${name}:${value}\r\n`).join('');
}

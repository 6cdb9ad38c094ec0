/**
 * MemoryAccount: the one figure that INFO shows as used_memory and that maxmemory limits.
 *
 *   used_memory = base 1 MiB  +  keys and values  +  clients                              +  tracking  +  scripts             +  replication
 *                 └ startup      └ dataset           └ 1,500 B each, query buffers,          └ table      └ code of scripts        └ backlog
 *                                                      half requests, queued commands,                      and functions
 *                                                      output beyond the first 16 KB
 *
 * Each part is counted where it changes, and not measured by the engine: so the same requests give the same figure and the same evictions, and a comparison
 * before each command costs a few additions. What V8 actually uses is in INFO as well, as allocator_allocated. As in Redis, output for slow replicas is left
 * out.
 */

/** Memory of an empty server; redis-server 7.0 uses some 0.9 to 1.1 MB. */
export const BASE_BYTES = 1024 * 1024;

export type MemoryState = Pick<MemoryAccount, 'clients' | 'tracking' | 'scripts' | 'replication'>;

export class MemoryAccount {
  /** Connections with their buffers. */
  clients = 0;
  /** The table of keys that clients cache. */
  tracking = 0;
  /** Code kept by SCRIPT LOAD, EVAL and FUNCTION LOAD. */
  scripts = 0;
  /** The backlog, up to its configured size: what slow replicas keep beyond that is not counted. */
  replication = 0;

  /** Called when a buffer of a megabyte or more was dropped; null: nothing needs to know. */
  onDrop: ((bytes: number) => void) | null = null;

  capture(): MemoryState {
    const { clients, tracking, scripts, replication } = this;
    return { clients, tracking, scripts, replication };
  }

  restore(state: MemoryState): void {
    Object.assign(this, state);
  }

  /** Everything but keys and values. */
  get overheadBytes(): number {
    return BASE_BYTES + this.clients + this.tracking + this.scripts + this.replication;
  }
}

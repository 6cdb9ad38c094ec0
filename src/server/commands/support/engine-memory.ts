/**
 * The memory figures that the JavaScript engine reports for the loop's thread: measured, and different in every run. What maxmemory limits is counted, see
 * keyspace/memory-account.ts.
 */
import type { ServerContext } from '../../command/context.js';

export interface EngineMemory {
  /** Bytes in use, garbage included: heap, and buffers outside of it. */
  readonly allocated: number;
  /** Bytes of the pages allocated for that. */
  readonly active: number;
  /** Bytes of those pages that are in physical memory. */
  readonly resident: number;
}

export function engineMemory(host: ServerContext['host']): EngineMemory {
  const heap = host.heap();
  const figures = ['used_heap_size', 'total_heap_size', 'total_physical_size'].map((name) => heap[name]! + heap['external_memory']!);
  const [allocated, active, resident] = figures as [number, number, number];
  return { allocated, active, resident };
}

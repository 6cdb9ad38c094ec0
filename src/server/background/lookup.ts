/**
 * Looks up host names, as getaddrinfo(3) does: /etc/hosts, DNS. Only where Node's own loop runs.
 */
import { lookup } from 'node:dns/promises';
import type { JobResult } from './job.js';

/** Never rejects. */
export async function lookUp(host: string): Promise<JobResult> {
  try {
    const { address } = await lookup(host);
    return { value: 0, text: address, error: null };
  } catch (error) {
    const { code = 'EIO', message } = error as NodeJS.ErrnoException;
    return { value: 0, error: { code, message } };
  }
}

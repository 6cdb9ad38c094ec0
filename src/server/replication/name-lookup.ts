/**
 * NameLookup: looks up the address of a host by a job of the helper thread, so that the loop waits for no DNS. The answer is an input of a recording.
 */
import { isIP } from 'node:net';

/** Names that need no lookup. */
const KNOWN_HOSTS: { readonly [name: string]: string } = { localhost: '127.0.0.1', 'ip6-localhost': '::1' };

/** Returns the IP address of a host, if it is known without a lookup; otherwise null. */
export function knownAddress(host: string): string | null {
  const address = KNOWN_HOSTS[host.toLowerCase()] ?? host;
  return isIP(address) === 0 ? null : address;
}

interface LookupResult {
  readonly text?: string;
  readonly error: { readonly code: string } | null;
}

/** The background jobs, as far as they are used here. */
export interface LookupJobs {
  submit(job: { readonly kind: 'lookup'; readonly host: string }, done: (result: LookupResult) => void): number;
  resume(id: number, done: (result: LookupResult) => void): void;
}

export class NameLookup {
  /** Number of the job; null: there is none. */
  private job: number | null = null;

  /** @param found called with the address; or with null, and why there is none */
  constructor(
    private readonly jobs: LookupJobs,
    private readonly found: (address: string | null, why: string) => void,
  ) {}

  get isUnderWay(): boolean {
    return this.job !== null;
  }

  begin(host: string): void {
    const job: number = this.jobs.submit({ kind: 'lookup', host }, (result) => this.done(job, result));
    this.job = job;
  }

  /** The answer is not needed any more. */
  forget(): void {
    this.job = null;
  }

  capture(): number | null {
    return this.job;
  }

  restore(job: number | null): void {
    this.job = job;
    if (job !== null) this.jobs.resume(job, (result) => this.done(job, result));
  }

  private done(job: number, { text = '', error }: LookupResult): void {
    if (job !== this.job) return;
    this.job = null;
    if (error !== null || text === '') this.found(null, error?.code ?? 'no address');
    else this.found(text, '');
  }
}

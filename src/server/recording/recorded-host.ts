/**
 * The host of a recorded server, and of a replayed one: answers are kept on the tape as JSON, and come from there again.
 */
import type { Host, HostMemory } from '../host.js';
import { HOST } from './inputs.js';
import type { TapeWriter } from './tape.js';
import type { ReplayWorld } from './replay-world.js';

export class RecordingHost implements Host {
  readonly pid: number;

  constructor(
    private readonly inner: Host,
    private readonly tape: TapeWriter,
  ) {
    this.pid = this.record(inner.pid);
  }

  memory(): HostMemory {
    return this.record(this.inner.memory());
  }

  heap(): { readonly [name: string]: number } {
    return this.record(this.inner.heap());
  }

  processorTime(): { readonly user: number; readonly system: number } {
    return this.record(this.inner.processorTime());
  }

  randomHex(digits: number): string {
    return this.record(this.inner.randomHex(digits));
  }

  sleep(ms: number): void {
    this.inner.sleep(ms);
  }

  private record<T>(answer: T): T {
    this.tape.byte(HOST);
    this.tape.text(JSON.stringify(answer));
    return answer;
  }
}

export class ReplayHost implements Host {
  readonly pid: number;

  constructor(private readonly world: ReplayWorld) {
    this.pid = this.answer('the process');
  }

  memory(): HostMemory {
    return this.answer('memory');
  }

  heap(): { readonly [name: string]: number } {
    return this.answer('the heap');
  }

  processorTime(): { readonly user: number; readonly system: number } {
    return this.answer('processor time');
  }

  randomHex(): string {
    return this.answer('random digits');
  }

  /** Nobody waits in a replay. */
  sleep(): void {}

  private answer<T>(asked: string): T {
    this.world.take(HOST, 0, asked);
    return JSON.parse(this.world.tape.text()) as T;
  }
}

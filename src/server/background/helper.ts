/**
 * The helper thread: does file work for threads that must not wait for a disk, one job after the other, appends first, and looks up host names beside that. Its
 * loop is Node's own.
 *
 *   main thread ──jobs──▶ ┌────────┐ ◀──jobs── loop thread           a result is a message; after one for a loop, which may sleep in the
 *               ◀─results─│ helper │ ─results─▶                      kernel, there is a byte for its waker
 *                         └────────┘
 */
import { parentPort, type MessagePort } from 'node:worker_threads';
import { Fifo } from '../../shared/fifo.js';
import { countDone, wakeLoop } from './loop-waker.js';
import { DiskFaults } from './disk-faults.js';
import { type Job, perform } from './job.js';
import { lookUp } from './lookup.js';
import type { FromHelper, SleepingLoop, ToHelper } from './protocol.js';

/** A thread that the helper works for. */
class Client {
  private loop: SleepingLoop | null = null;

  constructor(private readonly port: MessagePort) {}

  isLoop(loop: SleepingLoop): void {
    this.loop = loop;
  }

  send(message: FromHelper): void {
    this.port.postMessage(message);
    if (this.loop === null) return;
    if (message.kind === 'done') countDone(this.loop.word);
    wakeLoop(this.loop.word, this.loop.wakeFd);
  }
}

interface Task {
  readonly client: Client;
  readonly id: number;
  readonly job: Job;
}

class Helper {
  private readonly jobs = new Fifo<Task>();
  /** Done first, because clients of a server wait for them. */
  private readonly appends = new Fifo<Task>();
  private isWorking = false;
  /** The thread that has set the faults. */
  private faultOwner: Client | null = null;
  private readonly faults = new DiskFaults((id, effect) => this.faultOwner?.send({ kind: 'injected', id, effect }));

  serve(port: MessagePort): void {
    const client = new Client(port);
    port.on('message', (message: ToHelper) => this.receive(client, message));
  }

  private receive(client: Client, message: ToHelper): void {
    switch (message.kind) {
      case 'job':
        if (message.job.kind === 'lookup') return void lookUp(message.job.host).then((result) => client.send({ kind: 'done', id: message.id, ...result }));
        (message.job.kind === 'append' ? this.appends : this.jobs).push({ client, id: message.id, job: message.job });
        if (!this.isWorking) void this.work();
        return;
      case 'faults':
        this.faultOwner = client;
        return this.faults.set(message.faults);
      case 'client':
        return this.serve(message.port);
      case 'loop':
        return client.isLoop(message);
    }
  }

  private next(): Task | undefined {
    return this.appends.shift() ?? this.jobs.shift();
  }

  private async work(): Promise<void> {
    this.isWorking = true;
    for (let next = this.next(); next !== undefined; next = this.next()) {
      const { client, id, job } = next;
      client.send({ kind: 'done', id, ...(this.faults.areSet ? await this.faults.perform(job) : perform(job)) });
    }
    this.isWorking = false;
  }
}

new Helper().serve(parentPort!);

/**
 * The faults of a program: its poll gets a FaultyPoll instead of its backend, and injected faults are reported as events.
 */
import { FaultyPoll } from '../../server/faults/faulty-poll.js';
import { wireFault } from '../../server/faults/wire-fault.js';
import { FIRST_FREE } from '../../server/io/token.js';
import type { Poll as Backend } from '../../server/io/poll.js';
import type { TraceBody } from '../../server/trace/events.js';
import type { Wish } from '../protocol.js';
import { processMs } from './real-time.js';

export class Faulty {
  readonly backend: FaultyPoll;
  private readonly set = new Map<number, { readonly text: string; readonly most: number; injections: number }>();

  constructor(backend: Backend, private readonly tell: (body: TraceBody) => void) {
    this.backend = new FaultyPoll(backend, { measureUs: () => processMs() * 1000 });
    this.backend.onInjected = ({ id }, token, effect) => this.injected(id, token - FIRST_FREE, effect);
  }

  add({ addFault: { token, ...fault }, id, text }: Extract<Wish, { addFault: unknown }>): void {
    this.set.set(id, { text, most: fault.next ?? Infinity, injections: 0 });
    // Below the poll tokens are the backend's own.
    this.backend.add(wireFault(id, { ...fault, ...(token !== undefined && { token: token + FIRST_FREE }) }));
  }

  remove(id: number): void {
    this.set.delete(id);
    this.backend.remove(id);
  }

  private injected(id: number, token: number, effect: Extract<TraceBody, { kind: 'fault' }>['effect']): void {
    const fault = this.set.get(id);
    if (fault === undefined) return;
    if (++fault.injections >= fault.most) this.remove(id);
    this.tell({ kind: 'fault', token, id, fault: fault.text, effect });
  }
}

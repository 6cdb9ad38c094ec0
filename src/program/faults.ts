/**
 * ProgramFaults: faults between a learner's program and the kernel: the faults of the wire, which are injected in the program, below its poll.
 */
import { type ActiveFault, type Fault, FaultError, FAULTS, type FaultHandle, type ServerFaults } from '../server/index.js';
import { checkFault, formatFault, parseFaultText } from '../server/faults/fault.js';
import { faultOf } from '../server/faults/table.js';
import type { Wish } from './protocol.js';

type Counted = { -readonly [property in keyof ActiveFault]: ActiveFault[property] };

export class ProgramFaults implements ServerFaults {
  private readonly active = new Map<number, Counted>();
  private nextId = 1;

  constructor(private readonly wish: (wish: Wish) => void) {}

  async add(asked: Fault | string): Promise<FaultHandle> {
    const fault = typeof asked === 'string' ? parseFaultText(asked) : checkFault(asked);
    if (faultOf(fault.name).side !== 'wire') {
      throw new FaultError(`${fault.name} is a fault of the lab's own server; a program of your own can have those of the wire: ${WIRE.join(', ')}`);
    }
    const active = { id: this.nextId++, fault, text: formatFault(fault), injections: 0 };
    this.active.set(active.id, active);
    this.wish({ addFault: fault, id: active.id, text: active.text });
    return { ...active, remove: () => this.remove(active.id) };
  }

  async list(): Promise<readonly ActiveFault[]> {
    return Array.from(this.active.values(), (active) => ({ ...active }));
  }

  async remove(id: number): Promise<boolean> {
    if (!this.active.delete(id)) return false;
    this.wish({ removeFault: id });
    return true;
  }

  async clear(): Promise<void> {
    for (const id of this.active.keys()) await this.remove(id);
  }

  /** Counts an injection that the program has reported. A fault with a limited number of injections ends there, too. */
  injected(id: number): void {
    const active = this.active.get(id);
    if (active === undefined) return;
    active.injections++;
    if (active.injections === active.fault.next) this.active.delete(id);
  }
}

const WIRE = Object.entries(FAULTS).flatMap(([name, { side }]) => (side === 'wire' ? [name] : []));

/**
 * Picture: the state of a program's loop from the messages of its process: its listeners, what is registered, its connections, and the files of its calls.
 */
import { type Address, formatAddress, type PollerName, type Snapshot, type TraceBody } from '../server/index.js';
import { parseTcpAddress } from '../shared/address.js';
import type { ChildMessage, ToldEvent } from './protocol.js';
import { Sources } from './sources.js';
import { type Registered, Translator } from './translator.js';

export class Picture {
  /** It has opened a poll. */
  hasPoll = false;
  poller: PollerName = 'epoll';
  isEdgeTriggered = true;
  readonly translator = new Translator();
  readonly sources: Sources;
  readonly listeners = new Map<number, Address>();
  readonly registered = new Map<number, Registered>();

  /** @param main absolute path of the program */
  constructor(main: string) {
    this.sources = new Sources(main);
  }

  hear(message: ChildMessage): void {
    switch (message.kind) {
      case 'opened':
        this.hasPoll = true;
        this.poller = message.poller === 'portable' ? 'portable' : 'epoll';
        this.isEdgeTriggered = message.trigger === 'edge';
        return;
      case 'bound': {
        const address = parseTcpAddress(message.address);
        if (address !== null) this.listeners.set(message.fd, address);
        return;
      }
      case 'registered':
        this.registered.set(message.fd, message);
        return;
      case 'deregistered':
      case 'closed':
        return this.gone(message.fd, message.kind === 'closed');
      case 'dropped':
        this.translator.turn += message.waits;
        return;
      case 'file':
        // Texts of messages are byte strings.
        return this.sources.add(message.file, Buffer.from(message.path, 'latin1').toString());
    }
  }

  translate(told: ToldEvent): readonly TraceBody[] {
    return this.translator.translate(told);
  }

  /** @param nowUs on the clock of the events */
  snapshot(nowUs: number, nowMs: number): Snapshot {
    const { translator } = this;
    const clients = translator.clients(nowUs);
    const listeners = [...this.registered.values()].flatMap(({ fd, token, interest }) => {
      const address = this.listeners.get(fd);
      return address === undefined ? [] : [{ token, fd, address: formatAddress(address), interest }];
    });
    return {
      nowMs, nowUs, heldMs: 0, heldAtMs: 0, turn: translator.turn, rules: [], listeners, wakerFd: -1, wakerToken: null,
      clientCount: clients.length, clients, commands: null, databaseCount: 1, databases: [],
      keys: { db: 0, offset: 0, order: 'name', total: 0, rows: [] }, value: null, replication: null, persistence: null,
      stats: {
        connections: translator.connections, commands: translator.commands, bytesRead: translator.bytesRead, bytesWritten: translator.bytesWritten,
        reads: translator.reads, writes: translator.writes, hits: 0, misses: 0, expired: 0, evicted: 0,
      },
    };
  }

  private gone(fd: number, isClosed: boolean): void {
    const registered = this.registered.get(fd);
    this.registered.delete(fd);
    if (registered !== undefined) this.translator.forget(registered.token);
    if (isClosed) this.listeners.delete(fd);
  }
}

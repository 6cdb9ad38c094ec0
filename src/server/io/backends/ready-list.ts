/**
 * ReadyList: what epoll keeps inside the kernel, for the backends that do not use a kernel's.
 *
 *   interest list   every registered source: fd → { token, interest }
 *   ready list      those to which something has happened, oldest first
 *
 *        touch ──▶ [ a │ b │ c ] ──▶ collect: still ready? report : forget
 *                        ▲                      │ level-triggered: back to the end
 *                        └──────────────────────┘ edge-triggered: only the next touch brings it back
 *
 * So the two kinds of triggering differ in one line, as in Linux (ep_send_events).
 */
import { constants } from 'node:os';
import { type Events, READY_ERROR, READY_HUP, READY_READABLE, READY_READ_CLOSED, READY_WRITABLE, type Readiness } from '../event.js';
import { type Interest, isEdgeTriggered, READABLE, WRITABLE } from '../interest.js';
import { type Source, SystemError } from '../poll.js';
import type { Token } from '../token.js';

/** A source that knows its readiness. */
export interface EmulatedSource extends Source {
  readiness(): Readiness;
}

interface RegisteredSource {
  readonly source: EmulatedSource;
  token: Token;
  interest: Interest;
  isListed: boolean;
  isGone: boolean;
}

/** Reported without being asked for. */
const ALWAYS = READY_ERROR | READY_HUP;

export class ReadyList {
  private readonly registrations = new Map<number, RegisteredSource>();
  private ready: RegisteredSource[] = [];

  /** @param edgeTriggered the default for sources that set neither EDGE nor LEVEL */
  constructor(private readonly edgeTriggered: boolean) {}

  register(source: EmulatedSource, token: Token, interest: Interest): void {
    if (this.registrations.has(source.fd)) throw systemError('epoll_ctl', 'EEXIST', source.fd);
    this.registrations.set(source.fd, { source, token, interest, isListed: false, isGone: false });
    this.touch(source.fd);
  }

  /** Changes a source's interest. What is ready now counts as having become ready, as with EPOLL_CTL_MOD. */
  reregister(source: EmulatedSource, token: Token, interest: Interest): void {
    const registration = this.registered(source);
    registration.token = token;
    registration.interest = interest;
    this.touch(source.fd);
  }

  deregister(source: EmulatedSource): void {
    this.registered(source);
    this.forget(source.fd);
  }

  /** Called when the descriptor is closed, registered or not. */
  forget(fd: number): void {
    const registration = this.registrations.get(fd);
    if (registration === undefined) return;
    registration.isGone = true;
    this.registrations.delete(fd);
  }

  /** Records that something has happened to a source. True if the next collect will report it. */
  touch(fd: number): boolean {
    const registration = this.registrations.get(fd);
    if (registration === undefined || readinessOf(registration) === 0) return false;
    if (!registration.isListed) this.ready.push(registration);
    registration.isListed = true;
    return true;
  }

  /** Adds to `events` as many ready sources as there is room for. The others come first next time. */
  collect(events: Events): void {
    const candidates = this.ready;
    this.ready = [];
    const reported: RegisteredSource[] = [];
    for (const registration of candidates) {
      const readiness = registration.isGone ? 0 : readinessOf(registration);
      registration.isListed = false;
      if (readiness === 0) continue;
      if (!events.push(registration.token, readiness)) this.list(registration);
      else if (!isEdgeTriggered(registration.interest, this.edgeTriggered)) reported.push(registration);
    }
    for (const registration of reported) this.list(registration);
  }

  /** Null: not registered. */
  isEdgeTriggered(fd: number): boolean | null {
    const registration = this.registrations.get(fd);
    return registration === undefined ? null : isEdgeTriggered(registration.interest, this.edgeTriggered);
  }

  /** False if the next collect may report something. */
  get isEmpty(): boolean {
    return this.ready.length === 0;
  }

  /** Returns the tokens registered for READABLE. */
  readers(): Token[] {
    return [...this.registrations.values()].filter(({ interest }) => (interest & READABLE) !== 0).map(({ token }) => token);
  }

  clear(): void {
    this.registrations.clear();
    this.ready = [];
  }

  private list(registration: RegisteredSource): void {
    registration.isListed = true;
    this.ready.push(registration);
  }

  private registered(source: Source): RegisteredSource {
    const registration = this.registrations.get(source.fd);
    if (registration === undefined) throw systemError('epoll_ctl', 'ENOENT', source.fd);
    return registration;
  }
}

function readinessOf({ source, interest }: RegisteredSource): Readiness {
  const wanted = ((interest & READABLE) !== 0 ? READY_READABLE | READY_READ_CLOSED : 0) | ((interest & WRITABLE) !== 0 ? READY_WRITABLE : 0);
  return source.readiness() & (wanted | ALWAYS);
}

/** Returns an error as the kernel would have reported it. */
export function systemError(syscall: string, code: string, fd: number): SystemError {
  return new SystemError(syscall, constants.errno[code as keyof typeof constants.errno] ?? 0, code, fd);
}

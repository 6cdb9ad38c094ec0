/**
 * Diagnosis: what is wrong with a loop, from its calls and from what waits for it in the kernel. One sentence, the most serious first:
 *
 *   hangs             it has not come back to wait for more than a second, and calls nothing
 *   long turn         it has not come back to wait for more than a second, and calls
 *   spins in a turn   it calls again and again without any result
 *   spins             its waits return at once, turn after turn, without any result
 *   does not read     it sleeps while reported input waits
 *   leaks             a connection was accepted, and is neither registered nor closed
 */
import { withParticle } from '../shared/korean.js';
import type { Text } from '../shared/language.js';
import type { ToldEvent } from './protocol.js';

/** A turn that is longer than this is reported. */
export const BUSY_MS = 1000;
/** What waits for a sleeping loop is reported after this time. */
const UNREAD_MS = 1000;
/** Turns in a row without a result, and their least duration. */
const EMPTY_TURNS = 100;
const EMPTY_MS = 300;
/** A long wait compensates for this number of turns without a result. */
const TURNS_OF_A_SLEEP = 10;
/** A wait that is shorter has returned at once. */
const AT_ONCE_US = 1000;
/** Calls in a row without effect, in one turn. */
const VAIN_CALLS = 1000;

/** Facts about the loop besides its events. */
export interface LoopSight {
  readonly nowMs: number;
  /** The lab holds it, so it is not blamed for doing nothing. */
  readonly isHeld: boolean;
  /** Null: the loop waits in its poll, or has not begun. */
  readonly turnMs: number | null;
  /** Since its last call. */
  readonly quietMs: number;
  /** `my-loop.js:42`, the place of its last call; empty: unknown. */
  readonly place: string;
  /** What waits in the kernel: connections for its listeners, bytes for its connections, by token. */
  readonly waiting: readonly Waiting[];
  readonly isEdgeTriggered: boolean;
}

export interface Waiting {
  readonly kind: 'connections' | 'bytes';
  readonly token: number;
  readonly count: number;
}

type Life = 'accepted' | 'registered' | 'deregistered';

export class Diagnosis {
  private newest: ToldEvent | null = null;
  private timeoutMs = -1;
  private ready: { readonly token: number; readonly readiness: number } | null = null;
  /** In the turn before. */
  private readyBefore: Diagnosis['ready'] = null;
  private hasProgressed = true;
  private emptyTurns = 0;
  private emptySinceMs = 0;
  private vainCalls = 0;
  private readonly lives = new Map<number, Life>();
  /** Descriptors that were accepted, or deregistered, and had no further use at the last wait either. */
  private loose: readonly number[] = [];
  /** Descriptors whose peer sends nothing more, with their tokens, and since when. */
  private readonly ended = new Map<number, { readonly token: number; readonly sinceMs: number }>();
  private waitsSinceMs: number | null = null;

  hear(told: ToldEvent, nowMs: number): void {
    this.newest = told;
    const { body } = told;
    const isWait = body.kind === 'wait';
    this.waitsSinceMs = isWait ? nowMs : null;
    switch (body.kind) {
      case 'wait':
        return this.hearWait(body.timeoutMs);
      case 'poll':
        this.vainCalls = 0;
        // On a busy machine one of many may have taken longer.
        if (body.waitedUs >= AT_ONCE_US) this.emptyTurns = Math.max(0, this.emptyTurns - TURNS_OF_A_SLEEP);
        return;
      case 'ready':
        this.ready = body;
        return;
      case 'accept':
        if (typeof body.client === 'string' && body.client.startsWith('fd ')) this.lives.set(Number(body.client.slice(3)), 'accepted');
        return this.called(body.client !== 'WouldBlock', nowMs);
      case 'read':
        if (body.result === 'EOF') return this.calledAtEnd(told.fd, body.token, nowMs);
        return this.called(typeof body.result === 'number', nowMs);
      case 'write':
        return this.called(typeof body.result === 'number', nowMs);
      case 'disconnect':
        return this.called(true, nowMs);
    }
  }

  registered(fd: number): void {
    this.lives.set(fd, 'registered');
  }

  deregistered(fd: number): void {
    if (this.lives.has(fd)) this.lives.set(fd, 'deregistered');
  }

  closed(fd: number): void {
    this.lives.delete(fd);
    this.ended.delete(fd);
  }

  /** Null: no problem is visible. */
  look(sight: LoopSight): Text | null {
    if (sight.isHeld || this.newest === null) return null;
    return this.inTurn(sight) ?? this.spin(sight) ?? this.unread(sight) ?? this.leak(sight);
  }

  private hearWait(timeoutMs: number): void {
    this.timeoutMs = timeoutMs;
    this.emptyTurns = this.hasProgressed ? 0 : this.emptyTurns + 1;
    this.hasProgressed = false;
    this.readyBefore = this.ready;
    this.ready = null;
    this.loose = [...this.lives].flatMap(([fd, life]) => (life === 'registered' ? [] : [fd]));
  }

  private called(hasProgressed: boolean, nowMs: number): void {
    if (hasProgressed) this.hasProgressed = true;
    this.vainCalls = hasProgressed ? 0 : this.vainCalls + 1;
    if (hasProgressed) this.emptySinceMs = nowMs;
  }

  /** The end of a stream is reported only once. */
  private calledAtEnd(fd: number, token: number, nowMs: number): void {
    this.called(!this.ended.has(fd), nowMs);
    if (!this.ended.has(fd)) this.ended.set(fd, { token, sinceMs: nowMs });
  }

  private inTurn({ turnMs, quietMs, place }: LoopSight): Text | null {
    const kind = this.newest!.body.kind;
    const at = place === '' ? '' : ` (${place})`;
    if (this.vainCalls >= VAIN_CALLS) {
      const count = this.vainCalls.toLocaleString('en');
      return {
        en: `it spins inside of a turn: ${kind} was called ${count} times in a row, and nothing came of it${at}`,
        ko: `한 턴 안에서 헛돕니다: ${withParticle(kind, '을/를')} 연달아 ${count}번 호출했지만 얻은 것이 없습니다${at}`,
      };
    }
    if (turnMs === null || turnMs < BUSY_MS) return null;
    const seconds = Math.floor(turnMs / 1000);
    if (quietMs < BUSY_MS) {
      return {
        en: `its turn is long: for ${seconds} s it has made calls and not come back to wait; the last one was ${CALLS[kind] ?? kind}${at}`,
        ko: `턴이 깁니다: ${seconds}초 동안 호출을 계속하며 wait으로 돌아오지 않았습니다. 마지막 호출은 ${CALLS[kind] ?? kind}${at}입니다`,
      };
    }
    return {
      en: `it hangs: for ${seconds} s it has not come back to wait; its last call was ${CALLS[kind] ?? kind}${at}`,
      ko: `멈춰 있습니다: ${seconds}초 동안 wait으로 돌아오지 않았습니다. 마지막 호출은 ${CALLS[kind] ?? kind}${at}입니다`,
    };
  }

  private spin({ nowMs }: LoopSight): Text | null {
    if (this.emptyTurns < EMPTY_TURNS || nowMs - this.emptySinceMs < EMPTY_MS) return null;
    const turns = this.emptyTurns.toLocaleString('en');
    const en = `it spins: ${turns} waits in a row came back at once, and nothing came of them`;
    const ko = `헛돕니다: wait이 연달아 ${turns}번 바로 돌아왔지만 얻은 것이 없습니다`;
    const why = this.whySpins();
    return why === null ? { en, ko } : { en: `${en}: ${why.en}`, ko: `${ko}: ${why.ko}` };
  }

  private whySpins(): Text | null {
    const { timeoutMs } = this;
    // It may be called between a wait and its events.
    const ready = this.ready ?? this.readyBefore;
    if (ready === null) {
      return timeoutMs === 0 ? { en: 'poll is called with a timeout of 0, and never sleeps', ko: 'poll의 제한 시간이 0이라 잠들지 않습니다' } : null;
    }
    const { token, readiness } = ready;
    if ([...this.ended.values()].some((ended) => ended.token === token)) return notClosed(token);
    if ((readiness & 1) === 0) {
      return { en: `token ${token} is WRITABLE again and again, and has nothing to write`, ko: `토큰 ${withParticle(token, '이/가')} 계속 WRITABLE인데 쓸 것이 없습니다` };
    }
    return { en: `token ${token} is READABLE again and again, and is not read`, ko: `토큰 ${withParticle(token, '이/가')} 계속 READABLE인데 읽지 않습니다` };
  }

  private unread({ nowMs, waiting, isEdgeTriggered }: LoopSight): Text | null {
    const [first] = waiting;
    if (first === undefined || this.waitsSinceMs === null || nowMs - this.waitsSinceMs < UNREAD_MS) return null;
    const { kind, token, count } = first;
    const waits = count === 1 ? 'waits' : 'wait';
    const edge = isEdgeTriggered ? NOT_TOLD_AGAIN : NOTHING;
    if (kind === 'connections') {
      return {
        en: `it sleeps while ${plural(count, 'connection')} ${waits} to be accepted: accept was not called until WouldBlock${edge.en}`,
        ko: `연결 ${count}개가 수락을 기다리는데 잠들어 있습니다: accept를 WouldBlock까지 호출하지 않았습니다${edge.ko}`,
      };
    }
    return {
      en: `it sleeps while ${plural(count, 'byte')} of token ${token} ${waits}: it was not read until WouldBlock${edge.en}`,
      ko: `토큰 ${token}의 ${count}바이트가 기다리는데 잠들어 있습니다: WouldBlock까지 읽지 않았습니다${edge.ko}`,
    };
  }

  private leak({ nowMs }: LoopSight): Text | null {
    const loose = this.loose.filter((fd) => this.lives.has(fd) && this.lives.get(fd) !== 'registered');
    const [first] = loose;
    if (first === undefined) return this.unclosed(nowMs);
    const others = loose.length - 1;
    const fds: Text = { en: `fd ${first}${others === 0 ? '' : `, and ${others} more`}`, ko: `fd ${first}${others === 0 ? '' : ` 외 ${others}개`}` };
    if (this.lives.get(first) === 'accepted') {
      return { en: `it leaks: ${fds.en}, accepted and neither registered nor closed`, ko: `누수: 수락한 ${withParticle(fds.ko, '을/를')} 등록하지도 닫지도 않았습니다` };
    }
    return { en: `it leaks: ${fds.en}, deregistered and not closed`, ko: `누수: 등록을 해제한 ${withParticle(fds.ko, '을/를')} 닫지 않았습니다` };
  }

  /** A reply may still be on its way, but not for this long. */
  private unclosed(nowMs: number): Text | null {
    const ended = [...this.ended.values()].find(({ sinceMs }) => nowMs - sinceMs >= UNREAD_MS);
    if (ended === undefined) return null;
    const why = notClosed(ended.token);
    return { en: `it leaks: ${why.en}`, ko: `누수: ${why.ko}` };
  }
}

const NOTHING: Text = { en: '', ko: '' };
const NOT_TOLD_AGAIN: Text = { en: ', and edge-triggered it is not told again', ko: '. 에지 트리거에서는 다시 알려 주지 않습니다' };

const notClosed = (token: number): Text => ({
  en: `token ${token} has ended (EOF), and is not closed`, ko: `토큰 ${withParticle(token, '은/는')} 끝났는데(EOF) 닫지 않았습니다`,
});

const CALLS: { readonly [kind: string]: string } = { poll: 'poll', ready: 'poll', connect: 'register', interest: 'reregister', disconnect: 'close' };

const plural = (count: number, noun: string): string => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

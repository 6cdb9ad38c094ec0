/**
 * Forks: what shows the lab and, over it, what shows the forks that have been opened from it. The topmost one has the terminal.
 *
 *   [ lab ] ──fork──▶ [ lab, fork ] ──left, or its server ends──▶ [ lab ]
 */
import type { RedisLabServer } from '../server/index.js';
import type { ForkedAsOf, ServerInfo } from './state/state.js';

/** A lab on the screen, or in lines. */
export interface Shown {
  /** Another one is over it from now on. */
  hide(): void;
  /** It is the topmost one again. */
  show(): void;
  stop(): void;
}

/** What each of them has of its own. */
export interface OwnOptions {
  readonly server: RedisLabServer;
  readonly info: ServerInfo;
  readonly isOnTop: () => boolean;
  /** Shows a fork of its server until it is left. */
  readonly openFork: (fork: RedisLabServer, asOf: ForkedAsOf) => void;
  /** Its server is a fork, and ends with it; left out: it is none. */
  readonly leaveFork?: () => void;
}

export interface ForksHost<S extends Shown> {
  /** Makes what shows a server. */
  create(own: OwnOptions): S;
  /** A fork is on top now. */
  begin(shown: S): void;
}

interface Opened<S> {
  readonly shown: S;
  readonly server: RedisLabServer;
}

export class Forks<S extends Shown> {
  private readonly opened: Opened<S>[] = [];

  constructor(
    private readonly host: ForksHost<S>,
    server: RedisLabServer,
    private readonly info: ServerInfo,
  ) {
    this.open(server, info);
  }

  /** The one that has the terminal. */
  get top(): S {
    return this.opened.at(-1)!.shown;
  }

  /** All of them: what the terminal tells of itself is for each. */
  get all(): readonly S[] {
    return this.opened.map(({ shown }) => shown);
  }

  /** Forks end with what shows them; the server of the lab is not theirs to end. */
  stop(): void {
    const [lab] = this.opened;
    this.closeFrom(1);
    lab!.shown.stop();
  }

  private open(server: RedisLabServer, info: ServerInfo): S {
    const isLab = this.opened.length === 0;
    const shown: S = this.host.create({
      server, info,
      // What it says while it is made, it says at the top.
      isOnTop: () => this.opened.at(-1)?.shown === shown,
      openFork: (fork, asOf) => this.openFork(fork, asOf),
      ...(isLab ? {} : { leaveFork: () => this.leave(shown) }),
    });
    this.opened.push({ shown, server });
    return shown;
  }

  private openFork(fork: RedisLabServer, forkedAsOf: ForkedAsOf): void {
    this.top.hide();
    const { addresses, poller, pollerFallback, sends } = fork;
    const shown = this.open(fork, { ...this.info, addresses, poller, pollerFallback, sends, wantedPort: null, forkedAsOf });
    // By SHUTDOWN, for one.
    const leave = (): void => this.leave(shown);
    fork.closed.then(leave, leave);
    this.host.begin(shown);
  }

  /** With the forks that were opened from it. */
  private leave(shown: S): void {
    const at = this.all.indexOf(shown);
    if (at === -1) return;
    this.closeFrom(at);
    this.top.show();
  }

  private closeFrom(at: number): void {
    for (const { shown, server } of this.opened.splice(at).toReversed()) {
      shown.stop();
      // What it may have died of ends nothing here.
      void server.close().catch(() => {});
    }
  }
}

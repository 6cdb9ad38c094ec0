/**
 * Forks: the views of the lab and of the forks opened from it, as a stack. The topmost one has the terminal.
 *
 *   [ lab ] ──fork──▶ [ lab, fork ] ──left, or its server ends──▶ [ lab ]
 */
import type { RedisLabServer } from '../server/index.js';
import type { ForkedAsOf, ServerInfo } from './state/state.js';

/** A lab on the screen, or in lines. */
export interface Shown {
  /** Another view is above it from now on. */
  hide(): void;
  /** It is the topmost view again. */
  show(): void;
  stop(): void;
}

/** Options that differ between the views. */
export interface OwnOptions {
  readonly server: RedisLabServer;
  readonly info: ServerInfo;
  readonly isOnTop: () => boolean;
  /** Shows a fork of its server until it is left. */
  readonly openFork: (fork: RedisLabServer, asOf: ForkedAsOf) => void;
  /** Ends the view of a fork with its server; left out: it is not a fork. */
  readonly leaveFork?: () => void;
}

export interface ForksHost<S extends Shown> {
  /** Creates the view of a server. */
  create(own: OwnOptions): S;
  /** A fork is now on top. */
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

  /** The view that has the terminal. */
  get top(): S {
    return this.opened.at(-1)!.shown;
  }

  /** All views, for input from the terminal that concerns each of them. */
  get all(): readonly S[] {
    return this.opened.map(({ shown }) => shown);
  }

  /** Ends the forks with their views; the lab's server is not ended. */
  stop(): void {
    const [lab] = this.opened;
    this.closeFrom(1);
    lab!.shown.stop();
  }

  private open(server: RedisLabServer, info: ServerInfo): S {
    const isLab = this.opened.length === 0;
    const shown: S = this.host.create({
      server, info,
      // Its output while it is being created belongs to the top.
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
    // Reached by SHUTDOWN, for example.
    const leave = (): void => this.leave(shown);
    fork.closed.then(leave, leave);
    this.host.begin(shown);
  }

  /** Leaves a view together with the forks that were opened from it. */
  private leave(shown: S): void {
    const at = this.all.indexOf(shown);
    if (at === -1) return;
    this.closeFrom(at);
    this.top.show();
  }

  private closeFrom(at: number): void {
    for (const { shown, server } of this.opened.splice(at).toReversed()) {
      shown.stop();
      // Its failure, if that is why it ended, must not end anything here.
      void server.close().catch(() => {});
    }
  }
}

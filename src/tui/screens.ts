/**
 * Screens: the lab's screen and, over it, those of the forks that have been opened from it. The topmost one has the terminal.
 *
 *   [ lab ] ──fork──▶ [ lab, fork ] ──Esc, or its server ends──▶ [ lab ]
 */
import type { RedisLabServer } from '../server/index.js';
import type { App, AppOptions } from './app.js';
import type { ForkedAsOf, ServerInfo } from './state/state.js';

/** What each screen has of its own. */
export type OwnOptions = Pick<AppOptions, 'server' | 'info' | 'output' | 'openFork' | 'leaveFork'>;

export interface ScreensHost {
  /** Makes the screen of a server. */
  create(own: OwnOptions): App;
  write(text: string): boolean | void;
}

interface Opened {
  readonly app: App;
  readonly server: RedisLabServer;
}

export class Screens {
  private readonly opened: Opened[] = [];

  constructor(
    private readonly host: ScreensHost,
    server: RedisLabServer,
    private readonly info: ServerInfo,
  ) {
    this.open(server, info);
  }

  /** The one that has the terminal. */
  get top(): App {
    return this.opened.at(-1)!.app;
  }

  /** All of them: what the terminal tells of itself is for each. */
  get all(): readonly App[] {
    return this.opened.map(({ app }) => app);
  }

  /** Forks end with their screens; the server of the lab is not theirs to end. */
  stop(): void {
    const [lab] = this.opened;
    this.closeFrom(1);
    lab!.app.stop();
  }

  private open(server: RedisLabServer, info: ServerInfo): App {
    const isLab = this.opened.length === 0;
    const app: App = this.host.create({
      server, info,
      output: (text) => (this.opened.at(-1)?.app === app ? this.host.write(text) : true),
      openFork: (fork, asOf) => this.openFork(fork, asOf),
      ...(isLab ? {} : { leaveFork: () => this.leave(app) }),
    });
    this.opened.push({ app, server });
    return app;
  }

  private openFork(fork: RedisLabServer, forkedAsOf: ForkedAsOf): void {
    this.top.hide();
    const { addresses, poller, pollerFallback } = fork;
    const app = this.open(fork, { ...this.info, addresses, poller, pollerFallback, wantedPort: null, forkedAsOf });
    app.redraw();
    // By SHUTDOWN, for one.
    const leave = (): void => this.leave(app);
    fork.closed.then(leave, leave);
    app.start().catch(() => {});
  }

  /** With the forks that were opened from it. */
  private leave(app: App): void {
    const at = this.all.indexOf(app);
    if (at === -1) return;
    this.closeFrom(at);
    this.top.show();
  }

  private closeFrom(at: number): void {
    for (const { app, server } of this.opened.splice(at).toReversed()) {
      app.stop();
      // What it may have died of ends nothing here.
      void server.close().catch(() => {});
    }
  }
}

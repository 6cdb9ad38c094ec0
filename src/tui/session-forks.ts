/**
 * SessionForks: forks of a session as requested in its console, and the text about a fork.
 */
import type { OwnOptions } from './forks.js';
import { APP_TEXTS } from './app-texts.js';
import type { LabSession } from './lab-session.js';
import type { ReplForks } from './repl/host.js';
import { addressText } from './view/header.js';

export class SessionForks implements ReplForks {
  constructor(
    private readonly session: LabSession,
    /** Where forks are shown; left out: nowhere. */
    private readonly shown: Partial<Pick<OwnOptions, 'openFork' | 'leaveFork'>>,
    /** How to end a fork that is shown. */
    private readonly wayOut: string,
  ) {}

  async open(): Promise<readonly string[]> {
    const { session, shown } = this;
    const texts = APP_TEXTS[session.state.ui.language];
    const { server, asOf } = await session.fork();
    if (shown.openFork === undefined || session.hasEnded) {
      await server.close();
      return [];
    }
    shown.openFork(server, asOf);
    const dropped = asOf === 'now' ? null : asOf.dropped;
    return [texts.forked(asOf, addressText(server.addresses[0]!), this.wayOut), ...(dropped === null ? [] : [texts.dropped(dropped)])];
  }

  leave(): boolean {
    const { leaveFork } = this.shown;
    if (leaveFork === undefined) return false;
    leaveFork();
    return true;
  }
}

/**
 * Where scenarios run: a server and a console. The screen has its own; checks create one for each experiment.
 */
import { createServer, type RedisLabServer, type Snapshot, type SnapshotRequest } from '../../server/index.js';
import { createRepl, type Repl } from '../repl/repl.js';
import type { ReplClient, ReplLine } from '../state/repl-state.js';
import { Collector } from './collector.js';

export interface Stage {
  readonly server: RedisLabServer;
  /** Receives everything that happens here. */
  readonly collector: Collector;
  readonly console: Pick<Repl, 'play' | 'answered' | 'settled' | 'isActing' | 'traffic'>;
  /** Calls back with the lines of the transcript from now on. Returns a function that ends this. */
  listen(said: (lines: readonly ReplLine[]) => void): () => void;
}

/** The console's line that ends everything that runs, and what scenarios have set. */
export const RESET = 'reset lab';

/** Events per batch. A spinning loop is recognised by its counters, so its whole trace is not needed. */
const EVENT_BUDGET = 20_000;

/** All clients of a scenario, and no keys. */
const REQUEST: SnapshotRequest = { keys: { db: 0, offset: 0, limit: 0, order: 'name', match: '*' }, clients: 2000 };

/** The state at this moment; all earlier events have been delivered by then. */
export const look = ({ server }: Stage): Promise<Snapshot> => server.snapshot(REQUEST);

export interface OwnStageOptions {
  /** Events in a batch of the trace; the rest is dropped. */
  readonly eventBudget?: number;
  readonly poller?: 'epoll' | 'portable' | 'auto';
}

/** A server and a console of their own. Between two runs: {@link reset}. */
export class OwnStage implements Stage, AsyncDisposable {
  collector = new Collector();
  readonly console: Repl;
  private clients: readonly ReplClient[] = [];
  private readonly listeners = new Set<(lines: readonly ReplLine[]) => void>();

  private constructor(readonly server: RedisLabServer) {
    this.console = createRepl({
      address: server.addresses[0]!, server, historyFile: null, language: 'en',
      dispatch: (action) => {
        if (action.type === 'clients-changed') this.collector.sees((this.clients = action.clients));
        if (action.type === 'lines-received') for (const listener of this.listeners) listener(action.lines);
      },
      spell: () => {},
      run: () => {},
      advance: (duration) => server.advance(duration),
      quit: () => {},
    });
  }

  static async open({ eventBudget = EVENT_BUDGET, poller = 'auto' }: OwnStageOptions = {}): Promise<OwnStage> {
    // The loop that is taught is the textbook's: each reply is sent by a call of its own.
    const server = await createServer({ port: 0, poller, sends: 'direct', coalesceUs: 0 });
    const stage = new OwnStage(server);
    await server.trace((batch) => stage.collector.heard(batch), { budget: eventBudget });
    return stage;
  }

  listen(said: (lines: readonly ReplLine[]) => void): () => void {
    this.listeners.add(said);
    return () => this.listeners.delete(said);
  }

  /** As the lab does before each run on its screen: nothing of the run before is left, and nothing of it is counted. */
  async reset(): Promise<void> {
    this.console.play(RESET);
    await this.console.settled();
    this.collector = new Collector();
    this.collector.sees(this.clients);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.console.close();
    await this.server.close();
  }
}

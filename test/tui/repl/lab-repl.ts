/**
 * A console at work against a real lab, without a screen: lines go in, and the test waits for what the state says, never for time.
 */
import { createServer, type RedisLabServer, type RunTarget, type ServerOptions } from 'redis-lab';
import { createRepl, type Repl, type ReplOptions } from '../../../src/tui/repl/repl.js';
import { reduceRepl, type ReplAction } from '../../../src/tui/state/repl-reduce.js';
import { initialRepl, type ReplState } from '../../../src/tui/state/repl-state.js';
import type { Spelling } from '../../../src/tui/state/state.js';

export class LabRepl implements AsyncDisposable {
  state: ReplState = initialRepl;
  hasQuit = false;
  spelling: Spelling = 'readable';
  /** What the loop was to run to. */
  readonly runs: RunTarget[] = [];
  readonly repl: Repl;
  private readonly watchers = new Set<() => void>();

  private constructor(
    readonly server: RedisLabServer,
    options: Partial<ReplOptions>,
  ) {
    this.repl = createRepl({
      address: server.addresses[0]!, server, historyFile: null, language: 'en', sliceIntervalMs: 5, patienceMs: 20,
      dispatch: (action) => this.reduce(action),
      spell: (spelling) => {
        this.spelling = spelling;
      },
      run: (target) => void this.runs.push(target),
      advance: (duration) => server.advance(duration),
      quit: () => {
        this.hasQuit = true;
      },
      ...options,
    });
  }

  static async start(settings: ServerOptions = {}, options: Partial<ReplOptions> = {}): Promise<LabRepl> {
    const lab = new LabRepl(await createServer({ port: 0, ...settings }), options);
    await lab.until(({ client, commands }) => client.state === 'ready' && commands.length > 0);
    return lab;
  }

  /** What is shown after the line that was typed, without the prompts. */
  get answers(): readonly string[] {
    const { lines } = this.state;
    return lines.slice(lines.findLastIndex(({ kind }) => kind === 'in') + 1).map(({ text }) => text);
  }

  /** Types a line, and waits until there is an answer, or until `isDone`. */
  async say(line: string, isDone: (state: ReplState) => boolean = () => this.answers.length > 0): Promise<readonly string[]> {
    this.repl.submit(line);
    await this.until(isDone);
    return this.answers;
  }

  submit(line: string): void {
    this.repl.submit(line);
  }

  interrupt(): boolean {
    return this.repl.interrupt();
  }

  /** Resolves as soon as the state is so. */
  until(isSo: (state: ReplState) => boolean): Promise<void> {
    if (isSo(this.state)) return Promise.resolve();
    return new Promise((resolve) => {
      const check = (): void => {
        if (!isSo(this.state)) return;
        this.watchers.delete(check);
        resolve();
      };
      this.watchers.add(check);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.repl.close();
    await this.server.close();
  }

  private reduce(action: ReplAction): void {
    this.state = reduceRepl(this.state, action);
    for (const check of this.watchers) check();
  }
}

/**
 * Stopwatch: times commands, at a cost that is acceptable for pipelined ones.
 *
 * Reading the clock costs 35 ns, and twice per command would be a sixth of a pipelined GET. So consecutive calls of the same fast command (O(1), or flagged
 * fast) in one read are timed as one run, and each of its calls counts with the mean:
 *
 *   GET GET GET GET LRANGE GET GET
 *   └── a run ────┘└ alone ┘└ run ┘        the clock is read at each border
 *
 * The time of a run includes decoding its requests and encoding its replies, some 0.1 µs each. In a read that begins while the server is traced, every command
 * is timed alone and exactly. Redis times each command alone, its execution only.
 */
type Argv = readonly string[];

/** Called for every call, in the order of execution; `elapsedUs` is the mean of `calls` calls, of which `argv` is the last. */
export type Settle<Session, Command> = (session: Session, command: Command, argv: Argv, elapsedUs: number, calls: number) => void;

export class Stopwatch<Session, Command> {
  /** The latest border. */
  private borderUs = 0;
  private calls = 0;
  private command: Command | null = null;
  private session: Session | null = null;
  private argv: Argv = [];

  constructor(
    private readonly server: { readonly clock: { readUs(): number } },
    private readonly settle: Settle<Session, Command>,
  ) {}

  /** Called before the requests of a read. */
  begin(): void {
    this.borderUs = this.server.clock.readUs();
  }

  /** Called after the requests of a read, and before anything that is to be timed alone. */
  end(): void {
    const { command, session } = this;
    if (command === null) return;
    const nowUs = this.server.clock.readUs();
    this.command = null;
    this.session = null;
    this.settle(session!, command, this.argv, (nowUs - this.borderUs) / this.calls, this.calls);
    this.borderUs = nowUs;
  }

  /** Called before a fast command: it joins the run, or begins another one. */
  join(session: Session, command: Command, argv: Argv): void {
    if (command !== this.command || session !== this.session) {
      this.end();
      this.command = command;
      this.session = session;
      this.calls = 0;
    }
    this.calls++;
    this.argv = argv;
  }

  /** Called before a command that is timed alone. Returns the start, for {@link alone}. */
  startAlone(): number {
    this.end();
    return this.server.clock.readUs();
  }

  /** Called after it. Returns the duration. */
  alone(startUs: number): number {
    this.end();
    this.borderUs = this.server.clock.readUs();
    return this.borderUs - startUs;
  }
}

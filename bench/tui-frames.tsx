/**
 * The cost of a frame: the model processes a tenth of a second of traffic, then the whole screen is drawn through Ink into the sink. Only the drawing is measured.
 */
import { render } from 'ink';
import type { TraceBody, TraceEvent } from '../src/server/index.js';
import { layoutIsLoaded } from '../src/tui/app.js';
import { History } from '../src/tui/state/history.js';
import { initialState, reduce } from '../src/tui/state/reduce.js';
import { FrameSink } from '../src/tui/terminal/sink.js';
import { Screen } from '../src/tui/view/screen.js';
import { createTheme } from '../src/tui/view/theme.js';

const FRAMES = 300;
const WARM_UP = 100;
const TURNS_A_FRAME = 20;

process.env.FORCE_COLOR = '2';

/** @returns ms of CPU time per frame */
export async function measure(columns: number, rows: number): Promise<number> {
  await layoutIsLoaded;
  const history = new History();
  const theme = createTheme({ palette: 'color', ascii: false });
  const sink = new FrameSink(columns, rows, () => {});
  const info = { addresses: [{ host: '127.0.0.1', port: 6379 }], poller: 'epoll', edgeTriggered: false, pollerFallback: null, wantedPort: null, version: 'bench' } as const;
  let state = reduce(initialState(info, history.newest), { type: 'begin' });
  const traffic = createTraffic((event) => history.add({ type: 'event', event }));
  const stdin = { isTTY: false, on() {}, off() {}, setEncoding() {}, ref() {}, unref() {} } as unknown as NodeJS.ReadStream;
  const size = { width: columns, height: rows };
  const ink = render(<Screen state={state} size={size} theme={theme} />, { stdout: sink as unknown as NodeJS.WriteStream, stdin, debug: true, patchConsole: false, exitOnCtrlC: false });
  let spentUs = 0;
  for (let frame = 0; frame < WARM_UP + FRAMES; frame++) {
    for (let turn = 0; turn < TURNS_A_FRAME; turn++) traffic();
    state = reduce(state, { type: 'show-moment', model: history.newest, nowMs: 1_800_000_000_000 + frame * 100, moment: null, position: null });
    const before = process.cpuUsage();
    ink.rerender(<Screen state={state} size={size} theme={theme} />);
    const { user, system } = process.cpuUsage(before);
    if (frame >= WARM_UP) spentUs += user + system;
    await new Promise((resolve) => setImmediate(resolve));
  }
  ink.unmount();
  return spentUs / FRAMES / 1000;
}

/** Eight clients that set and get keys with TTLs, one command per turn. */
function createTraffic(add: (event: TraceEvent) => void): () => void {
  let seq = 0;
  let turn = 0;
  let atUs = 0;
  const emit = (body: TraceBody): void => add({ ...body, seq: ++seq, atUs: (atUs += 7) });
  for (let token = 2; token < 10; token++) emit({ kind: 'connect', token, fd: token + 20, peer: `127.0.0.1:${50000 + token}`, local: '127.0.0.1:6379' });
  return () => {
    turn++;
    const token = 2 + (turn % 8);
    const key = `user:${turn % 40}:name`;
    const argv = turn % 3 === 0 ? ['GET', key] : ['SET', key, `value ${turn}`, 'EX', '60'];
    emit({ kind: 'turn-begin', turn });
    emit({ kind: 'wait', timeoutMs: 83, why: 'expire cycle' });
    emit({ kind: 'poll', waitedUs: (turn * 7919) % 5000, ready: 1, emulated: false });
    emit({ kind: 'ready', token, readiness: 1 });
    emit({ kind: 'read', token, result: 40 + (turn % 13) });
    emit({ kind: 'frame', token, frame: turn, bytes: 40 + (turn % 13), argv, raw: '*5\r\n$3\r\nSET\r\n' });
    if (argv.length > 2) emit({ kind: 'key-change', db: 0, key, event: 'set', type: 'string', size: 8, expireAtMs: 1_800_000_060_000, token });
    emit({ kind: 'execute', token, frame: turn, command: argv[0]!.toLowerCase(), elapsedUs: turn % 40, keys: [key], db: 0 });
    emit({ kind: 'reply', token, frame: turn, bytes: 5, raw: '+OK\r\n' });
    emit({ kind: 'turn-end', turn, busyUs: 60 + (turn % 90), commands: 1 });
    emit({ kind: 'write', token, result: 5, of: 5 });
    atUs += 4000;
  };
}

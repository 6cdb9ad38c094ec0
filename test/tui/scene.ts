/**
 * Scene: a simulated server and the screen's state beside it. What the clients do becomes events and snapshots, as they would come from the loop thread.
 *
 *     using scene = stage();
 *     const client = scene.connect();
 *     client.ask('SET', 'k', 'v');
 *     scene.look();                       a snapshot, as at the end of a batch
 *     expect(scene.draw(framesPane, { width: 60, height: 5 })).toEqual([…]);
 */
import type { TraceBody, TraceEvent } from '../../src/server/trace/events.js';
import { takeSnapshot, type SnapshotRequest } from '../../src/server/snapshot.js';
import { initialModel, nowMsOf, reduceModel, type Model } from '../../src/tui/state/model/model.js';
import { initialState } from '../../src/tui/state/reduce.js';
import type { Entry } from '../../src/tui/state/slice.js';
import type { PaneUi, State, Ui } from '../../src/tui/state/state.js';
import type { Pane, PaneId, Size } from '../../src/tui/view/pane.js';
import { createTheme, type Theme } from '../../src/tui/view/theme.js';
import { Lab, type LabClient, type SimulationOptions } from '../server/simulation/harness.js';

export const PLAIN: Theme = createTheme({ palette: 'plain', ascii: false });
export const COLORED: Theme = createTheme({ palette: 'color', ascii: false });

const KEYS: SnapshotRequest['keys'] = { db: 0, offset: 0, limit: 200, order: 'name', match: '*' };

export function stage(options: SimulationOptions = {}): Scene {
  return new Scene(options);
}

export class Scene implements Disposable {
  readonly lab: Lab;
  readonly entries: Entry[] = [];
  model: Model = initialModel;
  private seq = 0;
  private ui: Partial<Ui> = {};
  private readonly panes: { [id in PaneId]?: Partial<PaneUi> } = {};

  constructor(options: SimulationOptions) {
    this.lab = new Lab({ nowMs: 1_700_000_000_000, ...options });
    this.look();
    this.lab.server.tap.sink = { emit: (body) => this.take({ type: 'event', event: this.dated(body) }) };
  }

  connect(): LabClient {
    return this.lab.connect();
  }

  advance(ms: number): void {
    this.lab.advance(ms);
  }

  /** A snapshot of this moment. */
  look(request: Partial<SnapshotRequest> = {}): void {
    this.take({ type: 'snapshot', snapshot: takeSnapshot(this.lab.server, { keys: KEYS, clients: 1000, ...request }) });
  }

  take(entry: Entry): void {
    this.entries.push(entry);
    this.model = reduceModel(this.model, entry);
  }

  /** What the user has done to a pane. */
  set(id: PaneId, pane: Partial<PaneUi>): void {
    this.panes[id] = { ...this.panes[id], ...pane };
  }

  setUi(ui: Partial<Ui>): void {
    this.ui = { ...this.ui, ...ui };
  }

  get state(): State {
    const state = initialState({ addresses: this.lab.addresses, poller: 'epoll', edgeTriggered: false, pollerFallback: null, wantedPort: null, version: '0.0.0' }, this.model);
    const panes = Object.fromEntries(Object.entries(state.ui.panes).map(([id, pane]) => [id, { ...pane, ...this.panes[id as PaneId] }])) as Ui['panes'];
    const nowMs = this.lab.clock.nowMs;
    return { ...state, ui: { ...state.ui, nowMs: Number.isNaN(nowMs) ? nowMsOf(this.model) : nowMs, ...this.ui, panes } };
  }

  draw(pane: Pane, size: Size, theme = PLAIN, isFocused = true): string[] {
    return [...pane.render(this.state, { theme, size, isFocused })];
  }

  /** Without the blanks at the ends of rows, and without blank rows at the end. */
  picture(pane: Pane, size: Size): string {
    return `\n${this.draw(pane, size).map((line) => line.trimEnd()).join('\n').trimEnd()}\n`;
  }

  [Symbol.dispose](): void {
    this.lab.close();
  }

  private dated(body: TraceBody): TraceEvent {
    return { ...body, seq: ++this.seq, atUs: this.lab.clock.readUs() };
  }
}

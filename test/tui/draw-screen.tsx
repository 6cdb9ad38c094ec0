/**
 * The whole screen as text: drawn by Ink, as a terminal would get it, without a terminal.
 */
import { render } from 'ink';
import type { State } from '../../src/tui/state/state.js';
import { FrameSink } from '../../src/tui/terminal/sink.js';
import type { Size } from '../../src/tui/view/pane.js';
import { Screen } from '../../src/tui/view/screen.js';
import type { Theme } from '../../src/tui/view/theme.js';
import { PLAIN } from './scene.js';

export const SIZES: readonly Size[] = [
  { width: 80, height: 24 },
  { width: 120, height: 40 },
  { width: 200, height: 60 },
];

/** The rows, with the theme's sequences in them. */
export function drawScreen(state: State, size: Size, theme: Theme = PLAIN): string[] {
  const sink = new FrameSink(size.width, size.height, () => {});
  let frame = '';
  const stdout = Object.assign(Object.create(sink) as FrameSink, { write: (text: string) => ((frame = text), true) });
  const stdin = { isTTY: false, on() {}, off() {}, setEncoding() {}, ref() {}, unref() {} } as unknown as NodeJS.ReadStream;
  const ink = render(<Screen state={state} size={size} theme={theme} />, { stdout: stdout as unknown as NodeJS.WriteStream, stdin, debug: true, patchConsole: false, exitOnCtrlC: false });
  const drawn = frame;
  ink.unmount();
  return drawn.replace(/\n$/, '').split('\n');
}

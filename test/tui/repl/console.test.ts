/** Keys as they come from the terminal: what the console makes of them, and which it leaves to the app. */
import { createServer } from 'redis-lab';
import { expect, test } from 'vitest';
import { createConsole } from '../../../src/tui/repl/console.js';
import { initialModel } from '../../../src/tui/state/model/model.js';
import { initialState } from '../../../src/tui/state/reduce.js';
import type { ReplState } from '../../../src/tui/state/repl-state.js';
import type { State } from '../../../src/tui/state/state.js';
import type { Key } from '../../../src/tui/terminal/key.js';

/** `ctrl+a`, `enter`, or text to be typed. */
function keysOf(spelled: string): Key[] {
  const [, ctrl, alt, shift, name] = /^(ctrl\+)?(alt\+)?(shift\+)?(\w+)$/.exec(spelled) ?? [];
  if (name !== undefined && (spelled !== name || NAMED.has(name))) return [{ name, text: '', ctrl: ctrl !== undefined, alt: alt !== undefined, shift: shift !== undefined }];
  return Array.from(spelled, (text) => ({ name: text, text, ctrl: false, alt: false, shift: false }));
}

const NAMED = new Set(['enter', 'tab', 'escape', 'backspace', 'delete', 'up', 'down', 'left', 'right', 'home', 'end', 'pageup', 'f1']);

async function atWork(): Promise<{ press: (...keys: string[]) => boolean; paste: (text: string) => void; repl: () => ReplState; until: (isSo: (repl: ReplState) => boolean) => Promise<void>; hasQuit: () => boolean } & AsyncDisposable> {
  const server = await createServer({ port: 0 });
  let state: State = initialState({ addresses: server.addresses, poller: server.poller, edgeTriggered: false, pollerFallback: null, wantedPort: null, version: '0' }, initialModel);
  let hasQuit = false;
  const watchers = new Set<() => void>();
  const console = createConsole({
    address: server.addresses[0]!,
    server,
    language: 'en',
    state: () => state,
    update: (repl) => {
      state = { ...state, repl };
      for (const check of watchers) check();
    },
    spell: () => {},
    run: () => {},
    learn: () => null,
    advance: (duration) => server.advance(duration),
    forks: { open: () => Promise.resolve([]), leave: () => false },
    past: { isShown: false, moment: null, wayBack: '', ask: () => Promise.reject(new Error('not here')), goTo: () => Promise.reject(new Error('not here')) },
    quit: () => {
      hasQuit = true;
    },
  }, { historyFile: null });
  const until = (isSo: (repl: ReplState) => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (isSo(state.repl) && watchers.delete(check)) resolve();
      };
      watchers.add(check);
      check();
    });
  await until(({ client, commands }) => client.state === 'ready' && commands.length > 0);
  return {
    press: (...keys) => keys.flatMap(keysOf).map((key) => console.press(key)).at(-1)!,
    paste: (text) => void console.press({ name: 'paste', text, ctrl: false, alt: false, shift: false }),
    repl: () => state.repl,
    until,
    hasQuit: () => hasQuit,
    [Symbol.asyncDispose]: async () => {
      console.close();
      await server.close();
    },
  };
}

test('letters type, Enter sends, and the reply comes', async () => {
  await using lab = await atWork();
  expect(lab.press('SET a 1', 'enter')).toBe(true);
  await lab.until(({ lines }) => lines.at(-1)?.text === 'OK');
  expect(lab.repl()).toMatchObject({ input: '', history: ['SET a 1'] });
});

test.each([
  [['SET a', 'ctrl+a', 'x'], 'xSET a'],
  [['SET a', 'home', 'delete'], 'ET a'],
  [['SET a', 'alt+b', 'alt+b', 'ctrl+k'], ''],
  [['SET abc', 'ctrl+w', 'ctrl+y', 'ctrl+y'], 'SET abcabc'],
  [['SET abc', 'ctrl+b', 'ctrl+u'], 'c'],
  [['SET abc', 'left', 'backspace'], 'SET ac'],
  [['SET abc', 'alt+b', 'alt+d'], 'SET '],
  [['abc', 'ctrl+left', 'ctrl+f', 'ctrl+d'], 'ac'],
  [['getd', 'tab'], 'getdel '],
  [['SET a 1 p', 'tab', 'tab', 'shift+tab'], 'SET a 1 px'],
])('%j leaves %j', async (keys, input) => {
  await using lab = await atWork();
  expect(lab.press(...keys)).toBe(true);
  expect(lab.repl().input).toBe(input);
});

test('keys without a use here are the app\'s', async () => {
  await using lab = await atWork();
  for (const key of ['tab', 'shift+tab', 'escape', 'ctrl+c', 'ctrl+d', 'pageup', 'f1', 'alt+x']) expect([key, lab.press(key)]).toEqual([key, false]);
});

test('Ctrl-C empties the line, Esc closes what is open', async () => {
  await using lab = await atWork();
  expect(lab.press('SET', 'ctrl+c')).toBe(true);
  expect(lab.repl().input).toBe('');
  expect(lab.press('ctrl+r', 'escape')).toBe(true);
  expect(lab.repl().search).toBe(null);
});

test('Ctrl-C leaves a waiting command, and keeps the typed line', async () => {
  await using lab = await atWork();
  lab.press('BLPOP jobs 0', 'enter', 'draft');
  await lab.until(({ client }) => client.state === 'waiting');
  expect(lab.press('ctrl+c')).toBe(true);
  await lab.until(({ client }) => client.state === 'ready');
  expect(lab.repl().input).toBe('draft');
});

test('the lines of a paste run one after another, as if typed', async () => {
  await using lab = await atWork();
  lab.paste('RPUSH l a\nRPUSH l b\nLLEN l\nLRAN');
  await lab.until(({ lines }) => lines.length === 6);
  expect(lab.repl().lines.map(({ text }) => text)).toEqual(['RPUSH l a', '(integer) 1', 'RPUSH l b', '(integer) 2', 'LLEN l', '(integer) 2']);
  expect(lab.repl().input).toBe('LRAN');
});

test('a pasted line that blocks does not hold back those for other clients', async () => {
  await using lab = await atWork();
  lab.paste('BLPOP jobs 0\n@b RPUSH jobs one\n');
  await lab.until(({ lines }) => lines.some(({ text }) => text === '2) "one"'));
  expect(lab.repl().client.state).toBe('ready');
});

test('quit leaves the lab', async () => {
  await using lab = await atWork();
  lab.press('quit', 'enter');
  expect(lab.hasQuit()).toBe(true);
});

import { expect, test } from 'vitest';
import { frameId, type FrameRow } from '../../../../src/tui/state/model/frames.js';
import { framesPane, replyText } from '../../../../src/tui/view/panes/frames.js';
import { COLORED, PLAIN, stage, type Scene } from '../../scene.js';

const SIZE = { width: 60, height: 9 };

function conversation(): Scene {
  const scene = stage();
  const [a, b] = [scene.connect(), scene.connect()];
  a.ask('SET', 'greeting', 'hello world', 'EX', '60');
  a.ask('LRANGE', 'greeting', '0', '1');
  b.ask('BLPOP', 'jobs', '0');
  a.ask('MGET', 'greeting', 'none');
  a.send('*2\r\n$4\r\nECHO\r\n$20\r\nhalf');
  scene.lab.settle();
  return scene;
}

function open(scene: Scene, isIt: (row: FrameRow) => boolean, cursor = 0): void {
  scene.set('frames', { isOpen: true, selected: frameId(scene.model.frames.rows.items().find(isIt)!), cursor });
}

test('requests and replies are in the order of arrival, newest at the bottom', () => {
  using scene = conversation();
  expect(scene.picture(framesPane, SIZE)).toBe(`
    tok  nr frame                               size    time
  >  #2   1 SET greeting "hello world" EX …     61 B
  <  #2   1 OK                                   5 B
  >  #2   2 LRANGE greeting 0 1                 44 B
  <  #2   2 (error) WRONGTYPE Operation ag…     68 B
  >  #3   1 waits for jobs: BLPOP jobs 0        32 B  parked
  >  #2   3 MGET greeting none                  38 B
  <  #2   3 (array of 2): "hello world", (…     27 B
  >  #2   4 have 23 of 41                       23 B    half
`);
});

test('a request and its reply have the colour of their connection', () => {
  using scene = conversation();
  expect(scene.draw(framesPane, SIZE, COLORED)[5]).toContain(COLORED.token(3)('>'));
});

test('an open request shows its tree beside its bytes, with the bytes of the cursor marked', () => {
  using scene = conversation();
  open(scene, (row) => row.kind === 'request' && row.argv[0] === 'SET', 3);
  expect(scene.picture(framesPane, { width: 100, height: 9 })).toBe(`
#2 request 1, 61 B
brought by read of 61 B in turn 5
 *5                          0000 2a 35 0d 0a 24 33 0d 0a 53 45 54 0d 0a 24 38 0d  *5..$3..SET..$8.
   $3 "SET"                  0010 0a 67 72 65 65 74 69 6e 67 0d 0a[24 31 31 0d 0a  .greeting..$11..
   $8 "greeting"             0020 68 65 6c 6c 6f 20 77 6f 72 6c 64 0d 0a]24 32 0d  hello world..$2.
▶  $11 "hello world"         0030 0a 45 58 0d 0a 24 32 0d 0a 36 30 0d 0a           .EX..$2..60..
   $2 "EX"
   $2 "60"
`);
  expect(framesPane.openRows!(scene.state)).toBe(6);
});

test('bytes show where another read begins', () => {
  using scene = stage();
  const client = scene.connect();
  client.send('*1\r\n$4\r\nPI');
  scene.lab.settle();
  client.send('NG\r\n');
  scene.lab.settle();
  open(scene, (row) => row.kind === 'request');
  const picture = scene.picture(framesPane, { width: 100, height: 6 });
  expect(picture).toContain('brought by read of 10 B in turn 3 | read of 4 B in turn 5');
  expect(picture).toContain('50 49|4e 47');
});

test('the cursor in the bytes marks the node of its byte, and the read that returned it', () => {
  using scene = stage();
  const client = scene.connect();
  client.send('*2\r\n$4\r\nECHO\r\n$5\r\nhe');
  scene.lab.settle();
  client.send('llo\r\n');
  scene.lab.settle();
  open(scene, (row) => row.kind === 'request');
  const bytes = framesPane.openBytes!(scene.state, { width: 100, height: 8 })!;
  expect(bytes).toMatchObject({ count: 25, perRow: 16 });
  scene.set('frames', { byte: 21, cursor: bytes.rowOf(21) });
  expect(scene.picture(framesPane, { width: 100, height: 8 })).toBe(`
#2 request 1, 25 B
byte 22 of 25: 0x6c "l", by the 2nd of 2 reads: 5 B in turn 5
 *2                          0000 2a 32 0d 0a 24 34 0d 0a 45 43 48 4f 0d 0a[24 35  *2..$4..ECHO..$5
   $4 "ECHO"                 0010 0d 0a 68 65|6c>6c<6f 0d 0a]                      ..hello..
▶  $5 "hello"
`);
  // In few rows the line about the byte is the one that counts.
  expect(scene.draw(framesPane, { width: 64, height: 4 })[0]!.trimEnd()).toBe('byte 22 of 25: 0x6c "l", by the 2nd of 2 reads: 5 B in turn 5');
  expect([0, 4, 13, 14, 24].map((byte) => bytes.rowOf(byte))).toEqual([0, 1, 1, 2, 2]);
  expect([0, 1, 2].map((row) => bytes.beginningOf(row))).toEqual([0, 4, 14]);
});

test('of a node only the reads are named that brought it', () => {
  using scene = stage();
  const client = scene.connect();
  client.send('*2\r\n$4\r\nECHO\r\n');
  scene.lab.settle();
  client.send('$2\r\nhi\r\n');
  scene.lab.settle();
  const origin = (cursor: number): string => (open(scene, (row) => row.kind === 'request', cursor), scene.draw(framesPane, { width: 100, height: 8 })[1]!.trimEnd());
  expect([0, 1, 2].map(origin)).toEqual(['brought by read of 14 B in turn 3 | read of 8 B in turn 5', 'brought by the 1st of 2 reads: 14 B in turn 3', 'brought by the 2nd of 2 reads: 8 B in turn 5']);
});

test('half a frame has no bytes to walk through', () => {
  using scene = conversation();
  open(scene, (row) => row.kind === 'partial');
  expect(framesPane.openBytes!(scene.state, SIZE)).toBeNull();
});

test('an open reply and an inline request have trees, too', () => {
  using scene = stage();
  scene.connect().send('MGET "a b" c\r\n');
  scene.lab.settle();
  open(scene, (row) => row.kind === 'request', 2);
  expect(scene.picture(framesPane, { width: 60, height: 6 })).toContain(String.raw`word "\"a b\""`);
  open(scene, (row) => row.kind === 'reply', 1);
  expect(scene.picture(framesPane, { width: 60, height: 6 })).toContain('▶  null');
});

test('without room beside the tree, bytes are below it', () => {
  using scene = conversation();
  open(scene, (row) => row.kind === 'request' && row.argv[0] === 'MGET');
  const rows = scene.draw(framesPane, { width: 30, height: 9 });
  expect([rows[2], rows[6]]).toEqual([expect.stringMatching(/^▶array of 3|^▶\*3/), expect.stringMatching(/^0000\[2a 33/)]);
});

test('for a long frame the first bytes are shown, and the total number', () => {
  using scene = stage();
  scene.connect().ask('SET', 'k', 'x'.repeat(5000));
  open(scene, (row) => row.kind === 'request', 3);
  const rows = scene.draw(framesPane, { width: 100, height: 12 });
  expect(rows[11]).toContain('the first 512 of 5,029 bytes');
  expect(rows.join('\n')).toContain('(cut)');
});

test('an open partial frame shows that it is incomplete', () => {
  using scene = conversation();
  open(scene, (row) => row.kind === 'partial');
  expect(scene.picture(framesPane, SIZE)).toBe(`
#2 half a request 4, have 23 of 41
brought by read of 23 B in turn 16
its bytes are shown once it is complete
`);
});

test('a frozen view stays, and the badge counts new rows', () => {
  using scene = conversation();
  const rows = framesPane.rows!(scene.state);
  scene.set('frames', { selected: rows.at(-2)!, frozenAt: framesPane.length!(scene.state) });
  const before = scene.draw(framesPane, SIZE);
  const other = scene.connect();
  for (let i = 0; i < 50; i++) other.ask('PING');
  expect(scene.draw(framesPane, SIZE)).toEqual(before);
  expect(framesPane.badge(scene.state, 60)).toBe('frozen, 100 new, End follows');
});

test('a filtered view does not move either, and only matching rows are counted', () => {
  using scene = conversation();
  const other = scene.connect();
  other.ask('PING', 'one');
  scene.set('frames', { filter: 'ping' });
  scene.set('frames', { selected: framesPane.rows!(scene.state)[0]!, frozenAt: framesPane.length!(scene.state) });
  const before = scene.draw(framesPane, SIZE);
  for (let i = 0; i < 20; i++) other.ask('PING', 'more');
  other.ask('GET', 'k');
  expect(scene.draw(framesPane, SIZE)).toEqual(before);
  expect(framesPane.badge(scene.state, 60)).toBe('frozen, 40 new, End follows /ping');
});

test('a gap shows the number of missing commands, and cannot be opened', () => {
  using scene = conversation();
  scene.take({ type: 'dropped', turns: 1, commands: 12_345 });
  expect(scene.draw(framesPane, SIZE)[8]).toMatch(/^ {2}~ +12,345 commands not shown/);
  open(scene, (row) => row.kind === 'gap');
  expect(framesPane.openRows!(scene.state)).toBe(0);
});

test('a filter is a token, or words of what was said', () => {
  using scene = conversation();
  const count = (filter: string): number => (scene.set('frames', { filter }), framesPane.rows!(scene.state).length);
  expect([count(''), count('#3'), count('mget'), count('hello'), count('nothing of that')]).toEqual([8, 1, 2, 4, 0]);
});

test('a filter speaks the language of breakpoints, and holds for a request together with its reply', () => {
  using scene = conversation();
  const shown = (filter: string): string[] => {
    scene.set('frames', { filter });
    return scene.draw(framesPane, { width: 90, height: 9 }).slice(1).map((row) => row.slice(2, 50).trim().replaceAll(/ +/g, ' ')).filter((row) => row !== '');
  };
  expect(shown('err')).toEqual(['> #2 2 LRANGE greeting 0 1', expect.stringMatching(/^< #2 2 \(error\) WRONGTYPE/)]);
  expect(shown('wrongtype')).toEqual(shown('err'));
  expect(shown('cmd:lrange greeting')).toEqual(shown('err'));
  expect(shown('cmd:set')).toEqual([expect.stringContaining('> #2 1 SET greeting'), '< #2 1 OK']);
  expect(shown('job*')).toEqual(['> #3 1 waits for jobs: BLPOP jobs 0']);
  // EX and 60 are arguments, but no keys.
  expect(shown('[0-9]0')).toEqual(['thing matches /[0-9]0']);
  expect(shown('key none').map((row) => row.slice(0, 13))).toEqual(['> #2 3 MGET g', '< #2 3 (array']);
  expect(shown('us>1000000')).toEqual(['thing matches /us>1000000']);
  expect(shown('"err"')).toEqual(['thing matches /"err"']);
});

test('a filter without matches is reported', () => {
  using scene = conversation();
  scene.set('frames', { filter: 'cmd:nothing' });
  expect(scene.draw(framesPane, SIZE)[1]!.trim()).toBe('nothing matches /cmd:nothing');
});

test.each([['us>', 'needs a number'], ['event read', 'event means nothing here'], ['"a', 'a quote is open'], ['# ', 'number of a token']])('%j is not a filter: %s', (text, error) => {
  expect(framesPane.checkFilter!(text)?.en).toContain(error);
});

test('an error has the whole row, and whatever is cut ends with an ellipsis', () => {
  using scene = stage();
  const client = scene.connect();
  client.ask('HGET', 'only');
  client.ask('SET', 'k', 'v'.repeat(300));
  client.ask('GET', 'k');
  client.ask('ECHO', 'e'.repeat(900));
  client.ask('COMMAND', 'LIST', 'FILTERBY', 'PATTERN', '*get*');
  const rows = scene.draw(framesPane, { width: 140, height: 12 });
  expect(rows.find((row) => row.includes('(error)'))).toContain("(error) ERR wrong number of arguments for 'hget' command ");
  const narrow = rows.filter((row) => /vvvv|eeee|array of/.test(row));
  expect(narrow).toHaveLength(5);
  for (const row of narrow) expect(row).toContain('…');
  const wide = scene.draw(framesPane, { width: 1000, height: 12 });
  expect(wide.find((row) => row.includes('SET k'))).toContain(`${'v'.repeat(255)}… `);
  expect(wide.find((row) => row.includes(`"${'e'.repeat(9)}`))).toContain('e…" ');
  expect(wide.find((row) => row.includes('array of'))).toMatch(/", …/);
});

test('a reply that is not RESP is shown as its bytes', () => {
  const reply = (raw: string) => ({ kind: 'reply', seq: 1, atUs: 0, turn: 1, token: 2, frame: 1, bytes: raw.length, raw, isPush: false, elapsedUs: null }) as const;
  expect(['hello\n', 'abc', 'a\r\nb', '+OK\r\n'].map((raw) => replyText(reply(raw), PLAIN))).toEqual(['"hello\\n"', 'abc', '"a\\r\\nb"', 'OK']);
});

/**
 * The first minute, as somebody new has it: from the packed tarball, by keys alone, on the smallest of the usual terminals.
 */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KEYS, startLab, type Lab } from '../../support/lab.js';
import { type Installed, installPacked } from '../../support/packed.js';

let installed: Installed;
let main: string;

beforeAll(() => {
  installed = installPacked();
  ({ main } = installed);
});
afterAll(() => installed.remove());

/** Everything that is to be read, and so many words a minute are. */
const WORDS_A_MINUTE = 200;
const wordsOf = (texts: readonly string[]): number => texts.join(' ').split(/\s+/).length;

/** The inside of the welcome box, as one text. Columns are not characters: Hangul takes two. */
function welcome({ terminal }: Lab): string {
  const { columns } = terminal.size;
  const rows = terminal.rows();
  const top = rows.findIndex((row) => /╭─ (Welcome|환영합니다) /.test(row));
  if (top === -1) return '';
  const bottom = rows.findIndex((row, y) => y > top && row.includes('╰'));
  const columnOf = (corner: string): number => Array.from({ length: columns }, (_, x) => terminal.cells(top, x, x + 1)).indexOf(corner);
  const [left, right] = [columnOf('╭'), columnOf('╮')];
  const inside = rows.slice(top + 1, bottom).map((_, i) => terminal.cells(top + 1 + i, left + 1, right).trim());
  return inside.join(' ').replace(/ +/g, ' ').trim();
}

test.each([
  {
    language: 'en', answer: '2',
    invitation: /^One thread serves all clients\. Enter: watch one command Or connect: redis-cli -p \d+$/,
    question: /^Two more clients connect; one computes for 3 seconds\. The others: 1 are served 2 wait 3 fail Press 1, 2 or 3\.$/,
    explained: /^You said: they wait\. They waited [23]\.\d s, because execute took [345]\.\d s in turn \d+: meanwhile poll\.wait was not called\. ←: the moment they became ready →: forward from there$/,
    yourTurn: 'your turn: redis-cli -p',
  },
  {
    language: 'ko', answer: '1',
    invitation: /^스레드 하나가 모두를 처리합니다\. Enter: 명령 하나를 지켜보기 접속: redis-cli -p \d+$/,
    question: /^클라이언트 둘이 더 접속하고, 그중 하나가 3초 동안 계산합니다\. 나머지는\? 1 처리됩니다 2 기다립니다 3 실패합니다 1, 2, 3 중 하나를 누르세요\.$/,
    explained: /^예상: 처리됩니다\. 결과: [23]\.\d초를 기다렸습니다\. 턴 \d+의 execute가 [345]\.\d초 걸리는 동안 poll\.wait를 호출하지 못했기 때문입니다\. ←: 준비\(readiness\)된 순간으로 →: 그다음으로$/,
    yourTurn: '이제 직접 해 보세요: redis-cli -p',
  },
])('from the first frame to the reason in four keys, in $language', async ({ language, answer, invitation, question, explained, yourTurn }) => {
  const began = performance.now();
  const read: string[] = [];
  const lab = await startLab({ args: [], main, columns: 80, rows: 24, env: { LANG: language === 'ko' ? 'ko_KR.UTF-8' : 'en_US.UTF-8', LC_ALL: '', LC_MESSAGES: '' } });
  const welcomeIs = async (expected: RegExp): Promise<void> => {
    await lab.until(() => expected.test(welcome(lab)));
    read.push(welcome(lab));
  };
  await welcomeIs(invitation);
  expect(lab.pane('repl').at(-2)).toMatch(/> SET greeting hello EX 60$/);

  lab.type(KEYS.enter);
  await lab.until(() => lab.header.includes('SLOW 4/s'));
  for (const line of ['read', 'execute', 'reply']) await lab.until(() => lab.pane('loop').some((row) => row.startsWith('▶') && row.includes(`[${line}]`)));
  await welcomeIs(question);
  expect(lab.header).toContain('LIVE');
  await lab.until(() => lab.pane('keyspace').some((row) => / greeting +string +5 B 5\d\.\d s/.test(row)));

  lab.type(answer);
  await lab.until(() => /BUSY \d\.\d ?(s|초)/.test(lab.header) && lab.pane('tokens').some((row) => /waits \d\.\d s/.test(row)));
  expect(lab.pane('tokens').filter((row) => row.includes('executing'))).toEqual([expect.stringMatching(/#\d+ +\d+ ann +executing /)]);
  expect(lab.pane('tokens').filter((row) => / ben +waits /.test(row))).toHaveLength(1);
  await welcomeIs(explained);
  await lab.until(() => lab.pane('repl').join(' ').includes(yourTurn));
  read.push(lab.pane('repl').join(' '));

  lab.type(KEYS.left);
  await lab.until(() => lab.header.includes('HISTORY') && lab.pane('tokens').some((row) => /#\d+ .* ready /.test(row)));
  expect(lab.screen).not.toMatch(/Welcome|환영합니다/);
  lab.type(KEYS.right);
  await lab.until(() => lab.pane('loop').some((row) => row.startsWith('▶') && row.includes('[read]')));
  lab.type(`PING${KEYS.enter}`);
  await lab.until(() => lab.header.includes('LIVE') && lab.pane('repl').at(-3) === 'PONG');
  const seconds = (performance.now() - began) / 1000 + (wordsOf(read) / WORDS_A_MINUTE) * 60;
  expect(seconds).toBeLessThan(60);
});

test('it is for the first start only, and `learn` leads through it again', async () => {
  const home = mkdtempSync(join(installed.folder, 'home-'));
  const options = { args: [], main, columns: 80, rows: 24, env: { XDG_STATE_HOME: home, LANG: 'C' } };
  const first = await startLab(options);
  await first.until('One thread serves all clients.');
  first.type('P');
  await first.until('A Redis server, on one event loop.');
  expect(first.screen).not.toContain('One thread');
  first.type(`ING${KEYS.enter}`);
  await first.until('PONG');

  const second = await startLab(options);
  await second.until('A Redis server, on one event loop.');
  second.type(`learn${KEYS.enter}`);
  await second.until('One thread serves all clients.');

});

test.each([[['--port', '0']], [['--step']]])('%s starts the lab without the invitation', async (args) => {
  const lab = await startLab({ args, main, columns: 80, rows: 24, until: 'Welcome' });
  expect(lab.screen).toContain('A Redis server, on one event loop.');
  expect(lab.screen).not.toContain('One thread');
});

test('a client that connects ends the invitation', async () => {
  const lab = await startLab({ args: [], main, columns: 80, rows: 24, env: { LANG: 'C' } });
  await lab.until('One thread serves all clients.');
  await lab.connect();
  await lab.until(() => !lab.screen.includes('One thread'));
  expect(lab.pane('repl').at(-2)).toMatch(/> *$/);
});

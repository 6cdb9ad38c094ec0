/**
 * A blocked loop is shown as blocked, while it is: who keeps it, with what and for how long, and who waits. In a real terminal, at each size.
 */
import { expect, onTestFinished, test } from 'vitest';
import { launchLab, startLab, type Lab, type LabOptions } from '../../support/lab.js';
import { RespClient } from '../../support/resp-client.js';

const ARGS = ['--port', '0', '--enable-debug-command', 'yes'];
const SIZES = [{ columns: 80, rows: 24 }, { columns: 120, rows: 40 }, { columns: 200, rows: 60 }] as const;

/** A lab with two clients that it knows. */
async function labWithClients(options: LabOptions): Promise<{ lab: Lab; culprit: RespClient; other: RespClient }> {
  const lab = await startLab({ args: ARGS, ...options });
  const [other, culprit] = [await lab.connect(), await lab.connect()];
  await other.call('PING');
  await culprit.call('PING');
  await lab.until('token 4 sent PING');
  await lab.toPanes();
  return { lab, culprit, other };
}

const arrow = (lab: Lab): string => lab.pane('loop').find((row) => row.startsWith('▶')) ?? '';

test.each(SIZES)('a command that blocks is BUSY at $columns×$rows while the others wait, and Space shows when it will hold', async (size) => {
  const { lab, culprit, other } = await labWithClients(size);
  let hasReplied = false;
  const replied = culprit.call('DEBUG', 'SLEEP', '3').then(() => void (hasReplied = true));
  await lab.until(/BUSY \d\.\d s/);
  const answer = other.call('PING');
  await lab.connect();
  await lab.until(() => /waits \d\.\d s/.test(lab.pane('tokens').join('\n')) && /1 wait(ing)? \d\.\d s/.test(lab.pane('tokens').join('\n')));
  expect(arrow(lab)).toMatch(/\bexecute\b/);
  expect(lab.pane('loop').join(' ')).toMatch(/token 4 has been executing DEBUG for \d\.\d s/);
  expect(lab.pane('loop').join(' ')).toMatch(/1 client (has sent something and waits, 1 connection waits to be accepted|and 1 connection wait)/);
  expect(lab.pane('tokens').find((row) => row.includes('#3 '))).toMatch(/waits \d\.\d s/);
  expect(lab.pane('tokens').find((row) => row.includes('#4 '))).toContain('executing');
  lab.type(' ');
  await lab.until('BUSY: will hold as soon as DEBUG ends');
  expect(hasReplied).toBe(false);
  await lab.until(() => lab.header.includes('PAUSED'));
  await lab.resume();
  await Promise.all([replied, answer]);
  await lab.until(() => !/waits \d/.test(lab.pane('tokens').join('\n')));
});

test('an endless script is BUSY, and past its threshold Space holds the loop inside it', async () => {
  const { lab, culprit, other } = await labWithClients({ args: [...ARGS, '--busy-reply-threshold', '1000'], columns: 120, rows: 40 });
  const ended = culprit.call('EVAL', 'while true do end', '0');
  await lab.until(/token 4 has been executing EVAL for \d\.\d s/);
  await lab.until(() => lab.pane('loop').join(' ').includes('it is past'));
  expect(await other.call('PING')).toMatchObject({ error: expect.stringMatching(/^BUSY /) as string });
  expect(lab.header).toMatch(/BUSY \d\.\d s/);
  lab.type(' ');
  // On a slow machine the loop is held before the next frame, which would say so.
  await lab.until(() => lab.screen.includes('BUSY: will hold inside of EVAL') || lab.header.includes('PAUSED'));
  await lab.until(() => lab.header.includes('PAUSED'));
  await lab.until(() => !lab.screen.includes('will hold inside'));
  expect(arrow(lab)).toMatch(/\bexecute\b/);
  expect(lab.pane('loop').join(' ')).toContain('held: the running script has let the loop poll');
  lab.type(' ');
  await lab.until(/BUSY \d\.\d s/);
  await other.call('SCRIPT', 'KILL');
  expect(await ended).toMatchObject({ error: expect.stringContaining('Script killed by user') as string });
  await lab.until(() => lab.header.includes('LIVE'));
});

test('in lines a busy loop is reported when it begins and when it ends, and on request', async () => {
  const lab = launchLab({ args: ['--screen-reader', ...ARGS], columns: 200, rows: 60 });
  await lab.until('quit ends the lab.');
  // The first line is done when the lab listens to its loop.
  lab.type('status\r');
  await lab.until(/LIVE, turn/);
  const client = await RespClient.connect(Number(/redis-cli -p (\d+)/.exec(lab.screen)![1]));
  onTestFinished(() => void client.socket.destroy());
  await lab.until(/token \d is registered with the poll/);
  const replied = client.call('DEBUG', 'SLEEP', '2');
  // The second, if the machine has let the loop wait between reading the request and executing it.
  await lab.until(/BUSY: (token \d has been executing DEBUG for \d\.\d s: no other client is served|the loop has been busy with one turn for \d\.\d s, and executes DEBUG)/);
  lab.type('status\r');
  await lab.until(/BUSY \d\.\d s, turn/);
  lab.type('pause\r');
  await lab.until('BUSY: will hold as soon as DEBUG ends');
  await lab.until('PAUSED, held');
  expect(lab.screen).toMatch(/no longer BUSY, after [12]\.\d s/);
  lab.type('resume\r');
  await replied;
});

test('beyond the budget of the trace a slow script has its time and its reply, and its turn is the longest', async () => {
  const lab = await startLab({ args: ARGS, columns: 120, rows: 40 });
  const client = await lab.connect();
  await client.call('EVAL', "for i = 1, 300000 do redis.call('PING') end return 'done'", '0');
  await lab.until(/dropped from the trace: [\d,]+ commands/);
  const frames = lab.pane('frames').join('\n');
  expect(frames).toContain('"done"');
  // The turn took the script, and reading it.
  const msOf = (pattern: RegExp, text: string): number => Number(pattern.exec(text)![1]) * (pattern.exec(text)![2] === 'ms' ? 1 : 1000);
  const script = msOf(/EVAL .* (\d[\d.]*) (m?s)/, frames);
  expect(script).toBeGreaterThan(20);
  expect(msOf(/max (\d[\d.]*) (m?s)/, lab.pane('loop').join('\n'))).toBeGreaterThanOrEqual(script);
  await lab.until(() => !lab.header.includes('dropped'));
});

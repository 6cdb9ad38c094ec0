/** Checks of experiments against real servers. */
import { createConnection } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { checkAll, checkExperiment, type CheckedExperiment } from '../../../src/tui/learn/check.js';
import { Disturbed, playUndisturbed, runScenario } from '../../../src/tui/learn/runner.js';
import { OwnStage } from '../../../src/tui/learn/stage.js';
import { DISTURBANCES } from '../../../src/tui/state/learn/experiment.js';
import { Collector } from '../../../src/tui/learn/collector.js';
import { initialClient } from '../../../src/tui/state/repl-state.js';
import { fill } from '../../../src/tui/learn/fill.js';
import { judge } from '../../../src/tui/learn/judge.js';
import { loadExperiment } from '../../../src/tui/learn/library.js';
import { planRun, saidOf } from '../../../src/tui/learn/plan.js';
import { parseExperiment } from '../../../src/tui/learn/experiment-schema.js';
import { anExperiment, type Loose } from './an-experiment.js';

const experiment = (change?: (file: Loose) => void): ReturnType<typeof parseExperiment> => parseExperiment(anExperiment(change), 'mine.json');

const told = ({ steps }: CheckedExperiment): readonly string[] => steps.map(({ step, judged, problems }) => `${step}: ${judged?.verdict ?? 'not run'}${problems.map((problem) => `; ${problem}`).join('')}`);

test('unchanged it is green, broken red, and fixed by one choice green', async () => {
  const checked = await checkExperiment(experiment());
  expect(told(checked)).toEqual(['run: green', 'break: red', 'mend 1: red', 'mend 2: green']);
  expect(checked.hasPassed).toBe(true);
});

test('what is typed is run, too', async () => {
  const checked = await checkExperiment(experiment((file) => {
    file.mend.typed = { prompt: { en: 'bytes' }, line: 'fault {typed}', solutions: ['off'], wrong: ['slice 7'] };
  }));
  expect(told(checked).slice(4)).toEqual(['typed "off": green', 'typed "slice 7": red']);
});

test('another scenario can be what breaks, and what mends', async () => {
  const scenario = ['@alice SET k v', '@alice GET k'];
  const checked = await checkExperiment(experiment((file) => {
    file.break = { scenario, says: { en: 'x' } };
    file.mend.choices[1] = { scenario: file.scenario, says: { en: 'x' }, right: true };
  }));
  expect(told(checked)).toEqual(['run: green', 'break: red', 'mend 1: red', 'mend 2: green']);
});

test('a defect that breaks nothing, and a choice that mends although it must not, fail', async () => {
  const checked = await checkExperiment(experiment((file) => {
    file.break.lines = ['CONFIG SET hz 20'];
  }));
  expect(told(checked)).toEqual(['run: green', 'break: green; must be RED, but is GREEN', 'mend 1: green; must be RED, but is GREEN', 'mend 2: green']);
  expect(checked.hasPassed).toBe(false);
});

test('goals whose events were dropped fail, whatever they require', async () => {
  const checked = await checkExperiment(experiment(), { eventBudget: 3 });
  expect(checked.steps[0]!.judged!.goals.map(({ verdict }) => verdict)).toEqual(['unjudged', 'unjudged', 'green']);
  expect(told(checked)[0]).toMatch(/^run: unjudged; must be GREEN, but is not judged/);
  expect(told(checked)[1]).toMatch(/^break: unjudged; must be RED, but is not judged/);
});

test('a placeholder without its event fails, and so does a line that is refused', async () => {
  const checked = await checkExperiment(experiment((file) => {
    file.bookmarks.push({ name: 'end', event: { kind: 'disconnect' }, says: { en: 'the end' } });
    file.explain.en += ' {end.turn}';
    file.mend.choices[0].lines = ['fault sliec 3'];
  }));
  expect(told(checked)[0]).toBe('run: green; the run has nothing for {end.turn}');
  expect(told(checked)[2]).toMatch(/^mend 1: not run; fault sliec 3: /);
});

test('a line that is not a command fails', async () => {
  const checked = await checkExperiment(experiment((file) => file.scenario.push('waitt until idle')));
  expect(told(checked)[0]).toContain("run: green; a line of the scenario is not a command: (error) ERR unknown command 'waitt'");
});

test('several are reported in order, including those that run alone', async () => {
  const experiments = ['a', 'b', 'c'].map((name) => experiment((file) => {
    file.name = name;
    file.alone = name === 'a';
  }));
  const names: string[] = [];
  expect(await checkAll(experiments, ({ name }) => names.push(name))).toBe(true);
  expect(names).toEqual(['a', 'b', 'c']);
});

test('a run does not end while a client is parked with a near timeout, but ends while one waits forever', async () => {
  const checked = await checkExperiment(experiment((file) => {
    file.scenario.push('@ann BLPOP never 0.3', '@ben BLPOP never 0');
    file.goals.push({ says: { en: 'her timeout is seen' }, count: { event: { kind: 'unpark', client: 'ann', why: 'timeout' }, exactly: 1 } });
  }));
  expect(checked.steps[0]!.judged!.goals.at(-1)).toMatchObject({ verdict: 'green' });
});

test('what the last line has left for later turns belongs to the run', async () => {
  const checked = await checkExperiment(experiment((file) => {
    file.scenario.push('rule read-size on @alice 10', ['@alice raw "PING\\nPING\\nPING\\nPING\\nPING\\nPING\\nPING\\nPING\\nPING\\nPING\\nPING\\nPING\\nPING\\nPING\\n"', 'PING']);
    file.goals = [{ says: { en: 'all are executed' }, count: { event: { kind: 'execute', client: 'alice', command: 'ping' }, exactly: 14 } }];
  }));
  expect(checked.steps[0]!.judged!.goals[0]).toMatchObject({ verdict: 'green' });
});

test('a run whose lines are not sent while the loop is busy, as required, is not judged', async () => {
  await using stage = await OwnStage.open();
  const lines = ['busy 0.15', 'wait until busy', 'wait 400ms', '@alice PING'];
  await expect(runScenario(stage, experiment(), { lines: [], scenario: [lines] })).rejects.toThrow(DISTURBANCES.late);
});

test('a run in which another client was served is not judged; clients of the console and its floods belong to the run', async () => {
  await using stage = await OwnStage.open();
  const run = (...scenario: string[]): Promise<unknown> => runScenario(stage, experiment(), { lines: [], scenario });
  await run('@ann SET k v', '@ann quit', 'flood 2 2 PING', '@ben PING');
  const parked = run('wait until parked for 30s', 'RPUSH jobs one');
  const { host, port } = stage.server.addresses[0] as { readonly host: string; readonly port: number };
  const stranger = createConnection(port, host).on('error', () => {});
  stranger.write('BLPOP jobs 0\r\n');
  await expect(parked).rejects.toThrow(DISTURBANCES.others);
  stranger.destroy();
});

test('of clients of a unix socket, which share its path, each may be the own one', () => {
  const collector = new Collector();
  collector.sees([{ ...initialClient, peer: '127.0.0.1:4000' }]);
  const own = ['127.0.0.1:4000', '127.0.0.1:4001', '[::1]:4000', 'lab.sock:0', '/tmp/lab.sock:0'].filter((peer) => collector.isOwn({ peer, name: '' }));
  expect(own).toEqual(['127.0.0.1:4000', 'lab.sock:0', '/tmp/lab.sock:0']);
});

test('what was disturbed is played again, but not for ever', async () => {
  const told: string[] = [];
  let plays = 0;
  const play = (isDisturbed: () => boolean) => async (): Promise<number> => {
    plays++;
    if (isDisturbed()) throw new Disturbed('late');
    return plays;
  };
  expect(await playUndisturbed(play(() => plays < 3), (why) => told.push(why))).toBe(3);
  expect(told).toEqual(['late', 'late']);
  await expect(playUndisturbed(play(() => true))).rejects.toThrow(DISTURBANCES.late);
});

test('where a part of the scenario is not there, another explanation is filled', async () => {
  const elsewhere = (line: string) => experiment((file) => {
    file.bookmarks.push({ name: 'never', line: 'this is (never) said', says: { en: 'never' } });
    file.explain.en += ' {never.1}';
    file.explainIf = { line, says: { en: 'not here' } };
  });
  expect(told(await checkExperiment(elsewhere('^OK$')))[0]).toBe('run: green');
  expect(told(await checkExperiment(elsewhere('^NO$')))[0]).toBe('run: green; the run has nothing for {never.1}');
});

test('where there are no threads, the word for them says so, and the experiment has an explanation', async () => {
  const platform = vi.spyOn(process, 'platform', 'get').mockReturnValue('darwin');
  onTestFinished(() => platform.mockRestore());
  const one = loadExperiment('threads');
  await using stage = await OwnStage.open();
  const record = await runScenario(stage, one, planRun(one));
  expect(record.replies.filter(({ kind }) => kind === 'error')).toEqual([]);
  const { en, ko } = saidOf(planRun(one), 'green', record)!;
  for (const [language, text] of [['en', en], ['ko', ko!]] as const) expect(fill(text, one.bookmarks, record, language).missing).toEqual([]);
  expect(en).toContain('on Linux only');
});

test('what a run takes by being looked at is not counted as turns of its own', async () => {
  const idle = experiment((file) => {
    file.scenario = ['@alice SET k v', 'wait 500ms'];
    file.goals = [{ says: { en: 'few turns' }, counter: { name: 'turns', atMost: 15 } }];
  });
  for (const poller of ['auto', 'portable'] as const) {
    await using stage = await OwnStage.open({ poller });
    const record = await runScenario(stage, idle, planRun(idle));
    expect(judge(idle, record).goals).toMatchObject([{ verdict: 'green' }]);
  }
});

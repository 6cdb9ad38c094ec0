/** The options, rows, goals, file of results and schedule of the bench. Nothing is measured. */
import { describe, expect, test } from 'vitest';
// @ts-expect-error A script has no declarations.
import { benchOptions as untypedOptions } from '../../bench/options.mjs';
// @ts-expect-error A script has no declarations.
import * as workloads from '../../bench/workloads.mjs';
// @ts-expect-error A script has no declarations.
import * as goals from '../../bench/goals.mjs';
// @ts-expect-error A script has no declarations.
import { readRun as untypedRun } from '../../bench/results-file.mjs';
// @ts-expect-error A script has no declarations.
import * as plan from '../../bench/table-plan.mjs';
// @ts-expect-error A script has no declarations.
import * as schedule from '../../bench/schedule.mjs';

const benchOptions = (line: string): Record<string, unknown> => (untypedOptions as (args: string[]) => Record<string, unknown>)(line.split(' ').filter((word) => word !== ''));

interface Row {
  readonly label: Record<string, unknown>;
  readonly args: readonly unknown[];
  fill(requests: number): unknown[];
}
const { COLLECTION_SET, DEFAULT_SET, named, rowsOf } = workloads as { COLLECTION_SET: { name: string }[]; DEFAULT_SET: { name: string }[]; named(tests: unknown, names: readonly string[]): unknown; rowsOf(tests: unknown, load: unknown): Row[] };

describe('options', () => {
  test('one row', () => {
    expect(benchOptions('throughput --row get --pipeline 1 --clients 50,500 --rounds 15 -r 100000 --value-size 1,65536')).toMatchObject({
      parts: ['throughput'], row: ['get'], pipelines: [1], clients: [50, 500], rounds: 15, mostRounds: 45, keyspace: 100_000, valueSizes: [1, 65_536], against: { kind: 'redis' },
    });
  });

  test('without any, all parts but those that must be named', () => {
    const { parts, row, goal, json } = benchOptions('') as { parts: string[]; row: unknown; goal: unknown; json: unknown };
    expect({ row, goal, json }).toEqual({ row: null, goal: false, json: null });
    expect(parts).toContain('throughput');
    expect(parts).not.toContain('tables');
  });

  test('variants of the lab, and what it is compared with', () => {
    expect(benchOptions('--sends batched --trigger edge --against sends=direct,trigger=level')).toMatchObject({
      variant: { sends: 'batched', trigger: 'edge', coalesce: 'on', poller: 'auto' },
      against: { kind: 'variant', changes: { sends: 'direct', trigger: 'level' } },
    });
    expect(benchOptions('--against coalesce=off')).toMatchObject({ against: { kind: 'variant', changes: { coalesce: 'off' } } });
    expect(benchOptions('--against ../other/dist')).toMatchObject({ against: { kind: 'build', path: '../other/dist' } });
  });

  test('report reads a file', () => {
    expect(benchOptions('report results.jsonl')).toMatchObject({ parts: ['report'], file: 'results.jsonl' });
  });

  test.each([
    ['nothing', 'there is no bench called nothing: throughput,'],
    ['report', 'report needs the name of one file'],
    ['--sends quick', '--sends quick: expected direct, batched, auto'],
    ['--trigger both', '--trigger both: expected level, edge'],
    ['--pipeline 1,x', '--pipeline x: expected a whole number from 1'],
    ['--clients 0', '--clients 0: expected a whole number from 1'],
    ['--rounds 1e9999', '--rounds 1e9999: expected a whole number from 1'],
    ['--rounds 15 --most-rounds 5', '--most-rounds 5 is less than --rounds 15'],
    ['--minutes -1', "Option '--minutes' argument is ambiguous"],
    ['--margin 0', '--margin 0: expected a number above 0'],
    ['--against sends=quick', '--sends quick: expected'],
    ['--against sends=direct,engine=threads', 'not engine=threads'],
    ['--unknown', "Unknown option '--unknown'"],
  ])('%s is refused', (line, message) => {
    expect(() => benchOptions(line)).toThrow(expect.objectContaining({ message: expect.stringContaining(message), code: expect.stringMatching(/^ERR_PARSE_ARGS/) }));
  });
});

describe('rows', () => {
  test('each test with each pipeline, number of clients and size, as arguments of redis-benchmark', () => {
    const rows = rowsOf(named(DEFAULT_SET, ['get']), { pipelines: [1, 16], clients: [50, 500], keyspace: 0, valueSizes: [1024] });
    expect(rows.map(({ label }) => [label.pipeline, label.clients])).toEqual([[1, 50], [1, 500], [16, 50], [16, 500]]);
    expect(rows[0]!.args).toEqual(['-c', 50, '-P', 1, '-d', 1024, '-t', 'get']);
    expect(rows[0]!.fill(1000)).toEqual(['-d', 1024, '-n', 1, '-t', 'set']);
  });

  test('random keys exist before they are read', () => {
    const [row] = rowsOf(named(DEFAULT_SET, ['get']), { keyspace: 100_000 });
    expect(row!.label).toEqual({ test: 'get', pipeline: 1, clients: 50, keyspace: 100_000 });
    expect(row!.args).toEqual(['-c', 50, '-P', 1, '-r', 100_000, '-t', 'get']);
    expect(row!.fill(1000)).toEqual(['-n', 300_000, '-P', 16, '-r', 100_000, '-t', 'set']);
  });
});

describe('goals', () => {
  const { goalOf, missed } = goals as { goalOf(label: unknown, first: unknown, second: unknown): { cpu: number; p99: number } | null; missed(goal: unknown, result: unknown): string[] };
  const redis = { kind: 'redis' };

  test.each([
    ['batched', { pipeline: 1, clients: 10 }, 0.95],
    ['batched', { pipeline: 1, clients: 1 }, 1],
    ['batched', { pipeline: 16, clients: 50 }, 1],
    ['batched', { pipeline: 1, clients: 50, valueSize: 65_536 }, 1],
    ['direct', { pipeline: 1, clients: 50 }, 1.03],
  ])('%s, %o', (kind, label, cpu) => {
    expect(goalOf(label, { kind }, redis)).toEqual({ cpu, p99: 1.25 });
  });

  test('the portable poller and another build have none', () => {
    expect(goalOf({ pipeline: 1, clients: 50 }, { kind: 'portable' }, redis)).toBeNull();
    expect(goalOf({ pipeline: 1, clients: 50 }, { kind: 'batched' }, { kind: 'direct' })).toBeNull();
  });

  test('what is missed is said', () => {
    expect(missed({ cpu: 0.95, p99: 1.25 }, { cpu: { ratio: 0.95 }, p99: { ratio: 1.25 } })).toEqual([]);
    expect(missed({ cpu: 0.95, p99: 1.25 }, { cpu: { ratio: 0.951 }, p99: { ratio: 1.5 } })).toEqual(['CPU 0.951 > 0.95', 'p99 1.50 > 1.25']);
  });
});

test('the rounds of the last run in a file are put together, also if its last line is incomplete', () => {
  const label = { test: 'get', pipeline: 1, clients: 50 };
  const rounds = (run: string, cpuUs: number): unknown => ({ type: 'rounds', run, table: 'epoll', label, samples: { direct: [{ cpuUs }], redis: [{ cpuUs: 2 }] } });
  const lines = [{ type: 'run', run: 'a' }, rounds('a', 9), { type: 'run', run: 'b' }, rounds('b', 1), rounds('b', 3)].map((entry) => JSON.stringify(entry));
  const { run, tables } = (untypedRun as (text: string) => { run: string; tables: Map<string, Map<string, { samples: unknown }>> })(`${lines.join('\n')}\n{"type":"rou`);
  expect(run).toBe('b');
  expect([...tables.get('epoll')!.values()]).toEqual([{ label, calls: {}, samples: { direct: [{ cpuUs: 1 }, { cpuUs: 3 }], redis: [{ cpuUs: 2 }, { cpuUs: 2 }] } }]);
});

test('a portion of a run that another portion continues has the tables of both', () => {
  const read = untypedRun as (text: string) => { about: { tables: string[] } } | null;
  const lines = [{ type: 'run', run: 'a', tables: ['epoll'] }, { type: 'run', run: 'a', tables: ['epoll', 'random'] }].map((entry) => JSON.stringify(entry));
  expect(read(lines.join('\n'))!.about.tables).toEqual(['epoll', 'random']);
  expect(read('')).toBeNull();
});

describe('schedule', () => {
  const { secondsMissing, secondsForRepeats, secondsOf, widest } = schedule as {
    secondsMissing(rows: object[], seconds: number): number;
    secondsForRepeats(rows: object[], seconds: number): number;
    secondsOf(servers: number, rounds: number, seconds: number): number;
    widest(rows: object[], margin: number, most: number): object | null;
  };

  test('the estimate counts the rounds that are missing, on each server, with a warm-up for every five', () => {
    expect(secondsOf(2, 5, 0.8)).toBeCloseTo(13, 9);
    expect(secondsMissing([{ servers: 2, rounds: 0 }], 0.8)).toBeCloseTo(39, 9);
    expect(secondsMissing([{ servers: 2, rounds: 10 }, { servers: 3, rounds: 15 }, { servers: 3, rounds: 25 }], 0.8)).toBeCloseTo(13, 9);
  });

  test('rows may be measured again for a quarter of that time, whichever portion uses it', () => {
    const rows = (rounds: number): object[] => [{ servers: 2, rounds }, ...Array.from({ length: 7 }, () => ({ servers: 2, rounds: 15 }))];
    expect(secondsForRepeats(rows(15), 0.8)).toBeCloseTo(78, 9);
    expect(secondsForRepeats(rows(25), 0.8)).toBeCloseTo(52, 9);
    expect(secondsForRepeats(rows(45), 0.8)).toBeCloseTo(0, 9);
  });

  test('the widest row below the bound is measured again', () => {
    const rows = [{ name: 'narrow', width: 0.01, rounds: 15 }, { name: 'wide', width: 0.2, rounds: 15 }, { name: 'wider, often enough', width: 0.3, rounds: 45 }];
    expect(widest(rows, 0.05, 45)).toBe(rows[1]);
    expect(widest(rows, 0.25, 45)).toBeNull();
  });
});

test('tables has a row for every test of the sets, with 1, 10, 50 and 500 clients and values of 1 byte to 64 KB', () => {
  const { TABLES } = plan as { TABLES: { name: string; rows(): Row[] }[] };
  const labels = TABLES.flatMap(({ name, rows }) => rows().map(({ label }): Record<string, unknown> => ({ table: name, ...label })));
  expect(new Set(labels.map((label) => JSON.stringify(label))).size).toBe(labels.length);
  expect(new Set(labels.filter(({ pipeline }) => pipeline === 1).map(({ clients }) => clients))).toEqual(new Set([1, 10, 50, 500]));
  expect(new Set(labels.flatMap(({ valueSize }) => (valueSize === undefined ? [] : [valueSize])))).toEqual(new Set([1, 1024, 16_384, 65_536]));
  const tests = new Set(labels.map(({ test: name, keyspace }) => (keyspace === undefined ? name : `${String(name)}_random`)));
  for (const { name } of [...DEFAULT_SET, ...COLLECTION_SET]) expect(tests).toContain(name);
});

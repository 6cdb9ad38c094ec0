/**
 * Who may import whom: fails for a folder that is not in the table and for each import that the table does not allow. docs/architecture.md has the same table.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/**
 * Zones of src, and what each may import besides itself. `types:` marks what may be imported as types only.
 * `server/server` is server.ts, which wires all folders; `server/thread` runs it; `server/index` is the entry point.
 */
const ALLOWED: { readonly [zone: string]: readonly string[] } = {
  // General helpers, without Redis and without a screen.
  shared: [],
  'server/io': ['shared'],
  'server/resp': ['shared'],
  'server/trace': [],
  'server/config': ['shared'],
  'server/keyspace': ['shared', 'server/trace', 'server/resp'],
  'server/version': [],
  'server/host': ['shared'],
  // RDB and AOF files: when they are written, and how they are loaded.
  'server/persistence': [
    'shared', 'types:server/background', 'types:server/features', 'types:server/host', 'types:server/trace', 'server/config', 'server/keyspace', 'server/resp',
    'server/version',
  ],
  // The roles of master and replica, and the replication history that they share.
  'server/replication': ['shared', 'server/io', 'types:server/features', 'server/errors', 'server/resp', 'types:server/trace'],
  // Which commands stand for a change, for replicas and the append-only file.
  'server/propagation': ['server/keyspace', 'types:server/resp', 'types:server/trace'],
  'server/errors': ['server/resp'],
  'server/features': ['shared', 'server/errors', 'server/resp', 'server/keyspace', 'server/trace'],
  'server/measuring': ['shared', 'types:server/keyspace', 'types:server/config'],
  'server/command': ['server/resp', 'server/keyspace', 'types:server/replication', 'types:server/features', 'types:server/measuring', 'types:server/host', 'types:server/trace', 'types:server/config'],
  'server/dispatch': ['server/command', 'server/features', 'server/measuring', 'server/errors', 'server/resp'],
  'server/scripting': ['server/command', 'server/features', 'server/errors', 'server/resp', 'server/keyspace', 'server/version'],
  'server/commands': ['shared', 'server/scripting', 'server/command', 'types:server/replication', 'server/features', 'server/measuring', 'server/errors', 'server/resp', 'server/keyspace', 'server/version', 'types:server/config'],
  'server/rules': ['server/io'],
  'server/faults': ['shared', 'server/rules', 'types:server/features', 'server/io', 'server/resp', 'server/command', 'server/keyspace', 'server/trace', 'server/config'],
  // Code of another thread: of the server it knows only the shape of a fault.
  'server/background': ['shared', 'server/keyspace', 'types:server/faults'],
  'server/loop': ['shared', 'server/io', 'server/trace'],
  'server/client': ['shared', 'types:server/rules', 'types:server/replication', 'server/io', 'server/loop', 'server/command', 'types:server/dispatch', 'types:server/features', 'server/errors', 'server/resp', 'server/trace', 'types:server/config'],
  'server/server': [
    'shared', 'server/background', 'server/host', 'server/io', 'server/loop', 'server/client', 'server/resp', 'server/command', 'server/features', 'server/measuring', 'server/dispatch', 'server/commands', 'server/keyspace', 'server/trace',
    'server/config', 'server/errors', 'server/faults', 'server/persistence', 'server/propagation', 'server/replication', 'server/rules', 'server/scripting', 'server/server-state',
  ],
  'server/server-state': [
    'types:server/background', 'types:server/client', 'types:server/command', 'types:server/config', 'types:server/faults', 'types:server/features', 'types:server/io', 'types:server/keyspace', 'types:server/measuring',
    'types:server/persistence', 'types:server/replication', 'types:server/scripting',
  ],
  'server/recording': ['shared', 'types:server/background', 'server/faults', 'server/server-state', 'types:server/client', 'types:server/features', 'server/host', 'types:server/measuring', 'server/io', 'types:server/loop', 'server/command', 'server/keyspace', 'server/resp', 'server/server', 'server/config', 'server/trace'],
  'server/snapshot': ['types:server/server', 'types:server/replication', 'server/faults', 'server/client', 'server/command', 'server/keyspace', 'server/loop', 'server/io', 'server/trace'],
  'server/thread': ['shared', 'server/arena', 'server/persistence', 'server/server-state', 'server/background', 'server/faults', 'server/recording', 'server/server', 'server/snapshot', 'server/io', 'server/loop', 'server/command', 'server/measuring', 'server/keyspace', 'server/trace', 'server/config'],
  'server/history': [
    'shared', 'server/thread', 'server/recording', 'server/server', 'server/snapshot', 'server/command', 'server/resp', 'server/trace',
  ],
  'server/herd': ['server/io', 'server/thread'],
  // A keyspace in shared memory: no loop, no poll, no trace.
  'server/arena': ['server/command', 'server/errors', 'server/resp', 'server/keyspace', 'server/commands'],
  'server/engines': [
    'server/arena', 'server/client', 'server/errors', 'server/features', 'server/io', 'server/resp', 'server/thread', 'server/version', 'types:server/config', 'types:server/server',
  ],
  'server/index': ['server/arena', 'server/engines', 'server/rules', 'shared', 'server/herd', 'server/faults', 'server/history', 'server/thread', 'server/recording', 'types:server/server', 'types:server/snapshot', 'server/keyspace', 'server/io', 'server/trace', 'server/config', 'server/resp', 'server/command', 'server/commands'],
  // Also shows a learner's program, with facts that only a process has.
  tui: ['server/index', 'shared', 'types:program'],
  // A learner's program in the lab: instead of the loop's tap, its poll emits events that the lab's trace and stepper understand.
  program: ['server/faults', 'server/index', 'server/io', 'server/resp', 'server/trace', 'shared', 'poll'],
  testing: ['server/index', 'server/config', 'server/io', 'server/loop', 'server/server', 'server/trace', 'shared'],
  check: ['server/index', 'shared'],
  // Programs that put load on servers and measure them from outside.
  compare: ['server/index', 'server/io', 'shared'],
  course: ['poll', 'server/io', 'server/resp', 'shared'],
  poll: ['server/io', 'shared', 'types:server/trace'],
  // Flags derive from the table of settings; the loop's thread is started first.
  cli: ['shared', 'server/resp', 'server/background', 'server/faults', 'server/index', 'server/config', 'server/recording', 'server/thread', 'server/history', 'check', 'compare', 'course', 'program', 'tui'],
};

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly line: number;
  readonly typesOnly: boolean;
}

/** The zone of a file: `server/io` for everything in that folder, `server/index` for the file, `tui` and `cli` as a whole. */
function zoneOf(file: string): string {
  const [top = '', second = ''] = file.split('/');
  return top === 'server' ? `server/${second.replace(/\.ts$/, '')}` : top;
}

/** The imports and re-exports of a source text, including dynamic ones. */
function importsOf(file: string, text: string): Edge[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, (comment) => comment.replace(/[^\n]/g, ' '));
  const pattern = /\b(?:import|export)\s+(type\s+)?(\{[^}]*\}|\*(?:\s+as\s+\w+)?|\w+(?:\s*,\s*(?:\{[^}]*\}|\*\s+as\s+\w+))?)\s+from\s+'(\.[^']*)'|\bimport\(\s*'(\.[^']*)'\s*\)|\bimport\s+'(\.[^']*)'/g;
  return [...code.matchAll(pattern)].map((match) => {
    const [, typeKeyword, names = '', fromPath, dynamicPath, barePath] = match;
    const specifier = (fromPath ?? dynamicPath ?? barePath)!;
    // verbatimModuleSyntax keeps `import { type A }` as an import without names; what it brings are only types.
    const named = /^\{([^}]*)\}$/.exec(names)?.[1]?.split(',').map((name) => name.trim()).filter((name) => name !== '');
    const typesOnly = typeKeyword !== undefined || (named !== undefined && named.length > 0 && named.every((name) => name.startsWith('type ')));
    return { from: file, to: posix.join(posix.dirname(file), specifier.replace(/\.js$/, '.ts')), line: code.slice(0, match.index).split('\n').length, typesOnly };
  });
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map((path) => path.split(sep).join('/'))
  .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'));

const edges = files.flatMap((file) => importsOf(file, readFileSync(join(SRC, file), 'utf8'))).map((edge) => ({ ...edge, to: resolve(edge.to) }));

function resolve(path: string): string {
  return [path, path.replace(/\.ts$/, '.tsx')].find((candidate) => files.includes(candidate)) ?? path;
}

const show = ({ from, to, line, typesOnly }: Edge): string => `${from}:${line} → ${to}${typesOnly ? ' (types)' : ''}`;

function isAllowed({ from, to, typesOnly }: Edge): boolean {
  const [source, target] = [zoneOf(from), zoneOf(to)];
  if (source === target) return true;
  const allowed = ALLOWED[source] ?? [];
  return allowed.includes(target) || (typesOnly && allowed.includes(`types:${target}`));
}

/** A path through the graph that ends where it began; null if there is none. */
function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return null;
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next, [...path, file]);
      if (cycle !== null) return cycle;
    }
    done.add(file);
    return null;
  };
  for (const file of graph.keys()) {
    const cycle = visit(file, []);
    if (cycle !== null) return cycle;
  }
  return null;
}

function graphOf(edges: readonly Edge[], name: (file: string) => string): Map<string, string[]> {
  const graph = new Map<string, string[]>();
  for (const { from, to } of edges) {
    if (name(from) !== name(to)) graph.set(name(from), [...(graph.get(name(from)) ?? []), name(to)]);
  }
  return graph;
}

test('every folder of src is in the table', () => {
  expect(files.length).toBeGreaterThan(20);
  expect(files.map(zoneOf).filter((zone) => !(zone in ALLOWED))).toEqual([]);
});

test('every import leads to a file', () => {
  expect(edges.filter(({ to }) => !files.includes(to)).map(show)).toEqual([]);
});

test('folders import only what the table allows', () => {
  expect(edges.filter((edge) => !isAllowed(edge)).map(show)).toEqual([]);
});

test('there is no import cycle between folders', () => {
  expect(findCycle(graphOf(edges, zoneOf))).toBe(null);
});

/** Zones and their imports as docs/architecture.md has them: `| \`zone\` | what it is | a, b; types: c |`. */
function documentedImports(): { [zone: string]: readonly string[] } {
  const section = /<!-- imports:.*?<!-- \/imports -->/s.exec(readFileSync(join(SRC, '../docs/architecture.md'), 'utf8'))![0];
  const zone = (name: string): string => (`server/${name}` in ALLOWED ? `server/${name}` : name);
  return Object.fromEntries(
    [...section.matchAll(/^\| `(?:\.\.\/)?(\w[\w-]*)` \| .* \| ([^|]*) \|$/gm)].map(([, name, cell]) => {
      const [, values = '', types = ''] = /^(?:nothing|(?!types:)([^;]*))?(?:; )?(?:types: (.*))?$/.exec(cell!)!;
      const list = (text: string): string[] => text.split(', ').filter((each) => each !== '').map(zone);
      return [zone(name!), [...list(values), ...list(types).map((each) => `types:${each}`)]];
    }),
  );
}

// `shared` may be imported from everywhere, so the document leaves it out.
test('docs/architecture.md lists for each folder what it may import', () => {
  const expected = Object.entries(ALLOWED).map(([zone, imports]) => [zone, imports.filter((each) => each !== 'shared').toSorted()]);
  const documented = Object.entries(documentedImports()).map(([zone, imports]) => [zone, imports.toSorted()]);
  expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(expected));
});

// Types are erased when the code runs: files that import each other's types have no wrong order of loading.
test('there is no import cycle between files', () => {
  expect(findCycle(graphOf(edges.filter(({ typesOnly }) => !typesOnly), (file) => file))).toBe(null);
});

test('the state of the screen imports nothing of its view', () => {
  expect(edges.filter(({ from, to }) => from.startsWith('tui/state/') && to.startsWith('tui/') && !to.startsWith('tui/state/')).map(show)).toEqual([]);
});

test('only the poller loads native code', () => {
  const loaders = files.filter((file) => /@koromix\/koffi-/.test(readFileSync(join(SRC, file), 'utf8')));
  expect(loaders.filter((file) => !file.startsWith('server/io/backends/'))).toEqual([]);
});

test.each([
  ["import { a } from './b.js';", { to: 'server/io/b.ts', typesOnly: false }],
  ["import type { A } from '../resp/b.js';", { to: 'server/resp/b.ts', typesOnly: true }],
  ["import {\n  type A,\n  type B,\n} from './b.js';", { to: 'server/io/b.ts', typesOnly: true }],
  ["import { type A, b } from './b.js';", { to: 'server/io/b.ts', typesOnly: false }],
  ["import * as b from './b.js';", { to: 'server/io/b.ts', typesOnly: false }],
  ["export { b } from './b.js';", { to: 'server/io/b.ts', typesOnly: false }],
  ["export * from './b.js';", { to: 'server/io/b.ts', typesOnly: false }],
  ["const { b } = await import('./b.js');", { to: 'server/io/b.ts', typesOnly: false }],
  ["import './b.js';", { to: 'server/io/b.ts', typesOnly: false }],
])('%j is recognised', (text, edge) => {
  expect(importsOf('server/io/a.ts', text)).toEqual([{ from: 'server/io/a.ts', line: 1, ...edge }]);
});

test('a comment is not an import, and a cycle is found', () => {
  expect(importsOf('a.ts', "/** import { a } from './b.js'; */\n// import './c.js'\nimport type d from 'node:fs';")).toEqual([]);
  expect(findCycle(new Map([['a', ['b']], ['b', ['c', 'd']], ['c', []], ['d', ['a']]]))).toEqual(['a', 'b', 'd', 'a']);
});

test('no source line is longer than 160 characters', () => {
  const lines = files.flatMap((file) =>
    readFileSync(join(SRC, file), 'utf8').split('\n').map((line, i) => ({ line, place: `${file}:${i + 1}` })),
  );
  expect(lines.filter(({ line }) => line.length > 160).map(({ place }) => place)).toEqual([]);
});

/** ACL LOG: what is grouped, what an entry contains, and how many are kept. */
import { expect, test } from 'vitest';
import { parse, type Wire } from '../../support/resp-client.js';
import { type LabClient, simulate } from '../simulation/harness.js';

type Entry = { readonly [field: string]: Wire };

function entriesOf(client: LabClient, ...count: string[]): Entry[] {
  const entries = parse(client.ask('ACL', 'LOG', ...count), 0)!.value as Wire[][];
  return entries.map((flat) => Object.fromEntries(flat.flatMap((field, at) => (at % 2 === 0 ? [[field as string, flat[at + 1]!]] : []))));
}

test('AUTH and HELLO with an unknown user or password are kept, newest first', () => {
  using lab = simulate({ settings: { requirepass: 'secret' } });
  const client = lab.connect();
  client.ask('auth', 'wrong');
  client.ask('HELLO', '3', 'AUTH', 'bob', 'secret');
  client.ask('AUTH', 'secret');
  client.ask('MULTI');
  client.ask('AUTH', 'bob', 'secret');
  client.ask('EXEC');
  const facts = entriesOf(client).map(({ count, reason, context, object, username }) => [count, reason, context, object, username]);
  expect(facts).toEqual([
    [1, 'auth', 'multi', 'AUTH', 'bob'],
    [1, 'auth', 'toplevel', 'HELLO', 'bob'],
    [1, 'auth', 'toplevel', 'auth', 'default'],
  ]);
  expect(entriesOf(client, '1')[0]!['client-info']).toMatch(/^id=\d+ addr=[\d.]+:\d+ .* cmd=exec /);
});

test('equal denials within a minute are one entry, with a count; later ones are another', () => {
  using lab = simulate();
  const client = lab.connect();
  const guess = (user: string): string => client.ask('AUTH', user, 'x');
  guess('bob');
  lab.advance(59_000);
  guess('eve');
  lab.advance(1000);
  guess('bob');
  lab.advance(1500);
  const seen = (): Wire[][] => entriesOf(client).map(({ username, count, 'age-seconds': age }) => [username!, count!, age!]);
  expect(seen()).toEqual([['bob', 2, '1.5'], ['eve', 1, '2.5']]);
  lab.advance(60_000);
  guess('bob');
  expect(seen().map(([user, count]) => [user, count])).toEqual([['bob', 1], ['bob', 2], ['eve', 1]]);
});

test('acllog-max-len limits the entries, and RESET forgets them', () => {
  using lab = simulate({ settings: { 'acllog-max-len': 2 } });
  const client = lab.connect();
  for (const user of ['a', 'b', 'c']) client.ask('AUTH', user, 'x');
  expect(entriesOf(client).map(({ username }) => username)).toEqual(['c', 'b']);
  expect(client.ask('ACL', 'LOG', 'RESET')).toBe('+OK\r\n');
  expect(entriesOf(client)).toEqual([]);
  client.ask('CONFIG', 'SET', 'acllog-max-len', '0');
  client.ask('AUTH', 'a', 'x');
  expect(entriesOf(client)).toEqual([]);
});

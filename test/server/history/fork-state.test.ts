/**
 * The start of forks of simulated servers: at events of all kinds, in the middle of their turns.
 */
import { deserialize } from 'node:v8';
import { expect, test } from 'vitest';
import { Checkpoints } from '../../../src/server/history/checkpoints.js';
import { stateAt } from '../../../src/server/history/fork-state.js';
import type { Moment } from '../../../src/server/history/moment.js';
import { RouteFinder } from '../../../src/server/history/route-finder.js';
import { TapeStore } from '../../../src/server/history/tape-store.js';
import { TurnIndex } from '../../../src/server/history/turn-index.js';
import { Twin } from '../../../src/server/history/twin.js';
import { digestOf } from '../../../src/server/recording/digest.js';
import type { ServerState } from '../../../src/server/server-state.js';
import { Random } from '../../fuzz/random.js';
import { live, type Recorded, recordScenario } from '../recording/scenarios.js';
import { simulate } from '../simulation/harness.js';

function finderOf({ head, lab }: Recorded, tape: Buffer): RouteFinder {
  const store = new TapeStore();
  store.append(tape);
  const beginning = { turn: 0, unixMs: 0, commands: 0, tapeOffset: 0, workMs: 0, state: null };
  const index = new TurnIndex();
  index.add(beginning);
  const newest = { turn: lab.server.loop.turnNumber, event: 1 };
  const range = { oldest: { turn: 1, event: 1 }, newest, oldestMs: 0, newestMs: 0, oldestCommand: 1, newestCommand: 0, bytes: 0, isWhole: true, off: null };
  return new RouteFinder(head, store, index, new Checkpoints(beginning), range);
}

const keysOf = (digest: string): string => digest.replace(/ clients .*/, '');

interface Seen {
  readonly moment: Moment;
  readonly border: Moment;
  /** The keys in the keyspace, at the border. */
  readonly keys: string;
}

/** Returns some events of a turn, and the last moment between two commands before each. */
function lookAt(finder: RouteFinder, turn: number): Seen[] {
  const seen: Seen[] = [];
  const route = finder.at({ turn, event: 1 });
  let keys = '';
  const twin: Twin = new Twin({ ...route, goal: { kind: 'first', after: { turn, event: 0 }, where: { unit: 'event' } } }, new TapeStore(route.tape), () => {
    const { moment, borders, replay } = twin;
    if (moment.turn > turn) twin.abandon();
    if (borders.last === moment) keys = keysOf(digestOf(replay.server));
    seen.push({ moment, border: borders.last, keys });
  });
  twin.run();
  return seen;
}

/** `node scripts/campaign.mjs FORKS` tries more. */
const SCENARIOS = Number(process.env.FORKS ?? 3);

test(`forks of ${SCENARIOS} scenarios start with the keys of the last moment between two commands, and continue`, { timeout: 3_600_000 }, () => {
  const kinds = new Set<string>();
  for (let seed = 1; seed <= SCENARIOS; seed++) {
    const random = new Random(seed);
    const recorded = recordScenario(seed);
    live(recorded, random, 40);
    const finder = finderOf(recorded, recorded.tape());
    const lookAtRandom = (): Seen[] => lookAt(finder, random.between(1, recorded.lab.server.loop.turnNumber - 1));
    /** Most turns run no command, or none with events of its own. */
    const withinCommand = (): Seen => {
      for (let tries = 40; ; tries--) {
        const seen = lookAtRandom();
        const within = seen.filter(({ moment, border }) => moment.event !== border.event);
        if (within.length > 0 || tries === 0) return random.pick(within.length > 0 ? within : seen);
      }
    };
    for (let round = 0; round < 5; round++) {
      const { moment, border, keys } = round % 2 === 0 ? random.pick(lookAtRandom()) : withinCommand();
      const { state, asOf } = stateAt(finder, border);
      expect({ seed, moment, asOf }).toEqual({ seed, moment, asOf: border.event === 1 ? { turn: border.turn, event: 0 } : border });
      const from = deserialize(state) as ServerState;
      expect(from.turn).toBe(border.event === 1 ? border.turn - 1 : border.turn);
      const fork = simulate({ seed, from });
      expect({ seed, moment, keys: keysOf(digestOf(fork.server)) }).toEqual({ seed, moment, keys });
      const client = fork.connect();
      client.ask('RESET');
      fork.advance(1000);
      kinds.add(border.event === moment.event ? 'at a border' : 'within a command');
      fork.close();
    }
    recorded.lab.close();
  }
  expect([...kinds].sort()).toEqual(['at a border', 'within a command']);
});

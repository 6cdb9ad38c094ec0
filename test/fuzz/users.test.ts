/**
 * Random users beside redis-server: random rules make users, and random commands are tried with them, by ACL DRYRUN and by clients that are those users.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createServer, type RedisLabServer } from 'redis-lab';
import { describeWithRedis, type RedisServerProcess, startRedisServer } from '../support/redis-server.js';
import { RespClient, type Wire } from '../support/resp-client.js';
import { FAMILIES } from './families.js';
import { familyTemplates, generate } from './generate.js';
import { Random } from './random.js';

const ROUNDS = Number(process.env['USERS'] ?? 120);
const COMMANDS_A_ROUND = 15;
const SEED = 70_000;

const NAMES = ['alice', 'bob', 'carol', 'not a name'];
const PATTERNS = ['*', 's*', 'k?', '[lhz]*', 'x:*', 'dest', '', '{a}', 'é', 'a b'];
const HASH = 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb';
const TEMPLATES = ['strings', 'bitmaps', 'keys', 'lists', 'hashes', 'sets', 'zsets', 'streams', 'hyperloglog', 'geo', 'sort', 'pubsub', 'scripts', 'transactions']
  .filter((family) => family in FAMILIES)
  .flatMap(familyTemplates);

/** Both servers with one connection each, asked the same. */
class Pair {
  private constructor(
    readonly lab: RespClient,
    readonly redis: RespClient,
  ) {}

  static async connect(lab: RedisLabServer, redis: RedisServerProcess): Promise<Pair> {
    return new Pair(await RespClient.connect(lab.port), await RespClient.connect(redis.port));
  }

  async ask(...argv: string[]): Promise<readonly [lab: Wire, redis: Wire]> {
    return Promise.all([this.lab.call(...argv), this.redis.call(...argv)]);
  }

  async same(...argv: string[]): Promise<Wire> {
    const [lab, redis] = await this.ask(...argv);
    expect(lab, argv.join(' ')).toEqual(redis);
    return lab;
  }

  end(): void {
    this.lab.socket.destroy();
    this.redis.socket.destroy();
  }
}

describeWithRedis('random users', () => {
  let lab: RedisLabServer;
  let redis: RedisServerProcess;
  let admin: Pair;
  let commands: string[];
  let missing: ReadonlySet<string>;
  let categories: string[];

  beforeAll(async () => {
    [lab, redis] = await Promise.all([createServer({ port: 0, 'enable-debug-command': 'yes' }), startRedisServer()]);
    admin = await Pair.connect(lab, redis);
    const [ours, theirs] = (await admin.ask('COMMAND', 'LIST')) as [string[], string[]];
    commands = ours.filter((name) => theirs.includes(name)).sort();
    missing = new Set(theirs.filter((name) => !ours.includes(name)));
    categories = (await admin.same('ACL', 'CAT')) as string[];
  });

  afterAll(async () => {
    admin.end();
    await Promise.all([lab.close(), redis.close()]);
  });

  const keyRule = (random: Random): string => `${random.pick(['~', '~', '%R~', '%W~', '%RW~', '%r~', '%X~'])}${random.pick(PATTERNS)}`;
  const commandRule = (random: Random): string => {
    const sign = random.pick(['+', '-']);
    const names = ['@all', `@${random.pick(categories)}`, `@${random.pick(categories)}`, random.pick(commands), random.pick(commands), 'nope', '@nope'];
    return random.chance(0.9) ? sign + random.pick(names) : `+${random.pick(['select|0', 'SELECT|1', 'get|x', 'config|get', 'config|nope', 'config|get|x', 'object|'])}`;
  };
  const selectorRule = (random: Random): string => {
    const rules = Array.from({ length: random.below(4) }, () => random.pick([keyRule, commandRule])(random));
    return `(${[...rules, random.pick(['+@all', '+@read', '&n*', 'allchannels'])].join(' ')}${random.pick([')', ')', ')', ''])}`;
  };
  const userRule = (random: Random): string =>
    random.pick([
      'on', 'on', 'off', 'nopass', 'resetpass', 'reset', 'resetkeys', 'resetchannels', 'allkeys', 'allchannels', 'ALLCOMMANDS', 'nocommands', 'clearselectors',
      'sanitize-payload', 'skip-sanitize-payload', '>a', '<a', '>b', `#${HASH}`, `!${HASH}`, '#x', '', 'nonsense', '&n*', '&news', '&', '+@all', '+@all',
    ]);
  const rule = (random: Random): string => random.pick([keyRule, commandRule, commandRule, selectorRule, userRule, userRule])(random);

  /** The single commands in the order of their names, since Redis's is that of a hash table; and without those that are not here. */
  const sorted = (text: string): string =>
    text.replace(/( [-+](?!@)[^ ()]+)+/g, (rules) => {
      const words = rules.trim().split(' ').filter((word) => !missing.has(word.slice(1).split('|').slice(0, 2).join('|')));
      return words.map((word) => ` ${word}`).sort().join('');
    });
  /** Which categories say most depends on the commands that there are. */
  const shape = (reply: Wire): Wire => (typeof reply === 'string' ? sorted(reply) : Array.isArray(reply) ? reply.map(shape) : reply);

  test('are described alike, and may do the same', { timeout: 180_000 }, async () => {
    const isExact = missing.size === 0;
    for (let round = 0; round < ROUNDS; round++) {
      const random = new Random(SEED + round);
      const name = random.pick(NAMES);
      const rules = Array.from({ length: random.between(1, 6) }, () => rule(random));
      const place = `round ${round}: ACL SETUSER ${name} ${rules.join(' ')}`;
      await admin.same('ACL', 'SETUSER', name, ...rules);
      await admin.same('ACL', 'USERS');
      const [ours, theirs] = await admin.ask('ACL', 'GETUSER', name);
      if (isExact || !JSON.stringify(theirs).includes('+@') || JSON.stringify(theirs).includes('"+@all')) expect(shape(ours), place).toEqual(shape(theirs));
      for (let count = 0; count < COMMANDS_A_ROUND; count++) {
        const { argv } = generate(random, random.pick(TEMPLATES));
        const [mine, its] = await admin.ask('ACL', 'DRYRUN', name, ...argv);
        expect(mine, `${place}\nACL DRYRUN ${name} ${argv.join(' ')}`).toEqual(its);
      }
      if (random.chance(0.1)) await admin.same('ACL', 'DELUSER', random.pick(NAMES));
    }
  });

  test('get the same answers as clients', { timeout: 180_000 }, async () => {
    for (let round = 0; round < ROUNDS / 3; round++) {
      const random = new Random(SEED * 2 + round);
      const rules = ['reset', 'on', '>pw', random.pick(['+@all', '+@all', '+@read', '+@write', '+@all -@dangerous']), ...Array.from({ length: 3 }, () => rule(random))];
      if (random.chance(0.7)) rules.push(keyRule(random).replace('%X', '%R'));
      const [made] = await admin.ask('ACL', 'SETUSER', 'dave', ...rules.flatMap((each) => (each.startsWith('(') ? [each] : each.split(' '))));
      const pair = await Pair.connect(lab, redis);
      const authenticated = await pair.same('AUTH', 'dave', random.pick(['pw', 'pw', 'pw', 'a', 'wrong']));
      await pair.same('ACL', 'WHOAMI');
      if (JSON.stringify(made).includes('OK') && JSON.stringify(authenticated).includes('OK')) {
        for (let count = 0; count < COMMANDS_A_ROUND; count++) {
          const { argv, likeness } = generate(random, random.pick(TEMPLATES.filter(({ family }) => family !== 'scripts' && family !== 'pubsub')));
          const [mine, its] = (await pair.ask(...argv)).map((reply) => JSON.stringify(reply)) as [string, string];
          // What is refused must be, in the same words; what runs is compared elsewhere.
          if (likeness === 'exact' || /NOPERM/.test(mine + its)) expect(/NOPERM/.test(mine) ? mine : 'runs', `round ${round}: ${rules.join(' ')}\n${argv.join(' ')}`).toBe(/NOPERM/.test(its) ? its : 'runs');
        }
      }
      pair.end();
    }
  });
});

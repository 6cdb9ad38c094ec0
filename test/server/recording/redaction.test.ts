/**
 * Passwords are removed from recordings, in whatever chunks they arrive, and the replay is nevertheless identical.
 */
import { describe, expect, test } from 'vitest';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Config, type SettingValues } from '../../../src/server/config.js';
import { digestOf } from '../../../src/server/recording/digest.js';
import { INPUT_NAMES } from '../../../src/server/recording/inputs.js';
import { RequestScanner, wordRanges } from '../../../src/server/recording/redaction/request-scanner.js';
import { SecretMask } from '../../../src/server/recording/redaction/secret-mask.js';
import { TapeRedactor } from '../../../src/server/recording/redaction/tape-redactor.js';
import { Replay, type RecordingHead } from '../../../src/server/recording/replay.js';
import { createRing, TapeReader, TapeWriter } from '../../../src/server/recording/tape.js';
import { walkTape } from '../../../src/server/recording/tape-walk.js';
import { splitInline } from '../../../src/server/resp/inline.js';
import { COMPLETE, RequestDecoder } from '../../../src/server/resp/request-decoder.js';
import { Random } from '../../fuzz/random.js';
import { temporaryDirectory } from '../../support/headless.js';
import { type Lab, type LabClient, request, simulate } from '../simulation/harness.js';

const KEY = Buffer.alloc(32, 7);
const mask = new SecretMask(KEY);

/** Text of any bytes except these. */
function randomSecret(random: Random): string {
  return Array.from({ length: random.between(5, 30) }, () => String.fromCharCode(random.chance(0.8) ? random.between(33, 126) : random.below(256))).join('');
}

describe('a replacement', () => {
  test('has the same length, is always the same, and differs in every byte that may change', () => {
    const secret = 'Passw0rd!\x80\xff 4"me\\';
    const replaced = mask.text(secret);
    expect(replaced).toHaveLength(secret.length);
    expect(mask.text(secret)).toBe(replaced);
    expect(new SecretMask(Buffer.alloc(32, 8)).text(secret)).not.toBe(replaced);
    for (const [at, char] of [...secret].entries()) {
      if (' "\\'.includes(char)) expect(replaced[at]).toBe(char);
      else expect(replaced[at]).not.toBe(char);
      for (const kind of [/[a-zA-Z0-9]/, /[\x80-\xff]/]) expect(kind.test(replaced[at]!)).toBe(kind.test(char));
    }
  });

  test('is different for different secrets, whatever they have in common', () => {
    const secrets = new Set(Array.from({ length: 256 * 62 }, (_, index) => `x${String.fromCharCode(index % 256)}${index % 62}`));
    expect(new Set([...secrets].map((secret) => mask.text(secret))).size).toBe(secrets.size);
    expect(mask.text(`${'x'.repeat(1000)}a`)).not.toBe(mask.text(`${'x'.repeat(1000)}b`));
  });

  test('does not depend on the chunks in which the secret arrives', () => {
    const secret = 'correct horse battery staple '.repeat(20);
    for (let at = 0; at < secret.length; at += 7) {
      const bytes = Buffer.from(secret, 'latin1');
      const replacement = mask.begin();
      replacement.apply(bytes, 0, at);
      replacement.apply(bytes, at, bytes.length);
      expect(bytes.latin1Slice()).toBe(mask.text(secret));
    }
  });
});

/** What a scanner makes of bytes in these chunks. */
function scanned(pieces: readonly string[]): { readonly text: string; readonly secrets: readonly string[]; readonly left: number } {
  const secrets: string[] = [];
  let left = 0;
  const scanner = new RequestScanner({ begin: () => mask.begin(), beginHash: () => mask.beginHash(), replaced: (secret) => void secrets.push(secret), isLeft: () => void left++ });
  const buffers = pieces.map((piece) => Buffer.from(piece, 'latin1'));
  for (const buffer of buffers) scanner.feed(buffer, 0, buffer.length);
  return { text: buffers.map((buffer) => buffer.latin1Slice()).join(''), secrets, left };
}

function decoded(bytes: string): string[][] {
  const decoder = new RequestDecoder();
  decoder.feed(Buffer.from(bytes, 'latin1'), 0, bytes.length);
  const requests: string[][] = [];
  while (decoder.next() === COMPLETE) requests.push(decoder.argv);
  return requests;
}

describe('the requests of a client', () => {
  test.each([
    [['AUTH', 'secret'], [1]],
    [['auth', 'default', 'secret'], [2]],
    [['AUTH', 'a', 'b', 'c'], [2, 3]],
    [['AUTH'], []],
    [['HELLO', '3', 'AUTH', 'default', 'secret', 'SETNAME', 'me'], [4]],
    [['HELLO', '3', 'SETNAME', 'AUTH', 'auth', 'default', 'secret'], [6]],
    [['HELLO', '3', 'SETNAME', 'me'], []],
    [['HELLO', 'auth', 'secret'], [2]],
    [['HELLO', '3', 'AUTH', 'secret'], [3]],
    [['MIGRATE', 'host', '1', 'k', '0', '1', 'COPY', 'AUTH', 'secret', 'REPLACE'], [8]],
    [['MIGRATE', 'host', '1', '', '0', '1', 'auth2', 'auth', 'secret', 'KEYS', 'auth', 'k'], [8]],
    [['MIGRATE', 'auth', 'auth', 'auth', 'auth', 'auth', 'auth'], []],
    [['CONFIG', 'SET', 'requirepass', 'secret'], [3]],
    [['config', 'set', 'timeout', '5', 'MasterAuth', 'secret', 'maxmemory', '0', 'requirepass', 'other'], [5, 9]],
    [['CONFIG', 'SET', 'save', 'requirepass', 'dir', '.'], []],
    [['CONFIG', 'GET', 'requirepass', 'masterauth'], []],
    [['SET', 'requirepass', 'secret'], []],
    [['GET', 'AUTH'], []],
    [['CONFIG', 'RESETSTAT'], []],
  ] as const)('%j', (argv, secretAt) => {
    const wanted = argv.map((word, index) => ((secretAt as readonly number[]).includes(index) ? mask.text(word) : word));
    const other = ['SET', 'k', 'v'];
    const bytes = request(...other) + request(...argv) + request(...other);
    for (let at = 0; at <= bytes.length; at++) {
      const { text, secrets, left } = scanned([bytes.slice(0, at), bytes.slice(at)].filter((piece) => piece !== ''));
      expect(decoded(text)).toEqual([other, wanted, other]);
      expect(secrets).toEqual(secretAt.map((index) => argv[index]));
      expect(left).toBe(0);
    }
  });

  test.each([
    ['AUTH secret\r\n', ['AUTH', mask.text('secret')]],
    ['  auth   default\tsecret  \n', ['auth', 'default', mask.text('secret')]],
    ['AUTH "two words"\r\n', ['AUTH', mask.text('two words')]],
    ["'AUTH' 'it is'\r\n", ['AUTH', mask.text('it is')]],
    ['AUTH half"quoted"\r\n', ['AUTH', mask.text('halfquoted')]],
    ['hello 3 auth default secret\r\n', ['hello', '3', 'auth', 'default', mask.text('secret')]],
    ['config set requirepass "" masterauth secret\r\n', ['config', 'set', 'requirepass', '', 'masterauth', mask.text('secret')]],
    ['SET auth secret\r\n', ['SET', 'auth', 'secret']],
  ])('inline: %j', (line, wanted) => {
    const bytes = `PING\r\n${line}${request('PING')}`;
    for (let at = 1; at < bytes.length; at++) {
      expect(decoded(scanned([bytes.slice(0, at), bytes.slice(at)]).text)).toEqual([['PING'], wanted, ['PING']]);
    }
  });

  test('a password written with escapes stays, which is reported', () => {
    const line = 'AUTH "se\\x63ret"\r\n';
    expect(scanned([line])).toEqual({ text: line, secrets: [], left: 1 });
    const name = '"\\x41UTH" secret\r\n';
    expect(decoded(scanned([name]).text)).toEqual([['AUTH', mask.text('secret')]]);
  });

  test('the words of a line are where splitInline finds them', () => {
    const random = new Random(5);
    for (let round = 0; round < 20_000; round++) {
      const line = Array.from({ length: random.below(20) }, () => random.pick(['a', 'b', ' ', '\t', '\v', '"', "'", '\\', 'x', '4', '1'])).join('');
      const words = splitInline(line);
      if (words === null) continue;
      const ranges = wordRanges(line);
      expect(ranges.length, JSON.stringify(line)).toBe(words.length);
      for (const [index, range] of ranges.entries()) {
        if (range !== null) expect(range.map(([start, end]) => line.slice(start, end)).join(''), JSON.stringify(line)).toBe(words[index]);
        else expect(line).toContain('\\');
      }
    }
  });

  test('random requests in random chunks: secrets are replaced, and nothing else', () => {
    const random = new Random(9);
    for (let round = 0; round < 2000; round++) {
      const secret = randomSecret(random);
      const requests = Array.from({ length: random.between(1, 6) }, () => random.pick([
        ['AUTH', secret], ['AUTH', 'default', secret], ['HELLO', '3', 'AUTH', 'default', secret], ['CONFIG', 'SET', 'maxmemory', '0', 'requirepass', secret],
        ['SET', 'k', 'x'.repeat(random.below(50))], ['GET', 'AUTH'], ['CONFIG', 'GET', '*'], ['HELLO'], [''], ['PING', '*2\r\n$4\r\nAUTH'],
      ]));
      const bytes = requests.map((argv) => request(...argv)).join('');
      const pieces: string[] = [];
      for (let at = 0; at < bytes.length; ) pieces.push(bytes.slice(at, (at += random.between(1, 12))));
      const wanted = requests.map((argv) => argv.map((word) => (word === secret ? mask.text(secret) : word)));
      expect(decoded(scanned(pieces).text), `round ${round}`).toEqual(wanted);
    }
  });
});

test('every kind of answer can be walked over', () => {
  for (const tag of Object.keys(INPUT_NAMES)) {
    const tape = Buffer.concat([Buffer.of(Number(tag)), Buffer.alloc(16)]);
    let failure = '';
    try {
      walkTape(tape, { read: () => {}, secret: () => {}, aclFile: () => {} });
    } catch (error) {
      failure = String(error);
    }
    // What follows is arbitrary; the answer itself is known.
    expect(failure).not.toContain(`an answer ${tag} that is none`);
  }
});

/** A simulated server with a password, recorded and redacted in blocks of a few turns. */
class RedactedServer {
  readonly lab: Lab;
  readonly redactor = new TapeRedactor(KEY);
  private readonly writer: TapeWriter;
  private readonly reader: TapeReader;
  private readonly blocks: Buffer[] = [];
  private readonly settings: Partial<SettingValues>;

  constructor(faults = {}, settings: Partial<SettingValues> = { requirepass: 'first-secret', masterauth: 'master-secret', port: 6379 }) {
    this.settings = settings;
    const ring = createRing(2 ** 22);
    this.writer = new TapeWriter(ring);
    this.reader = new TapeReader(ring);
    this.lab = simulate({ seed: 3, tape: this.writer, settings: this.settings, faults });
  }

  /** Passes on what has been recorded since the last call. */
  look(): void {
    this.writer.publish();
    const block = this.reader.take();
    if (block !== null) this.blocks.push(...this.redactor.take(block));
  }

  get left(): number {
    return this.blocks.reduce((sum, block) => sum + block.length, 0);
  }

  end(): { readonly head: RecordingHead; readonly tape: Buffer } {
    this.look();
    this.blocks.push(...this.redactor.end());
    const head: RecordingHead = {
      build: 'test', seed: 3, settings: this.settings, configFile: null, hasWatchedHeap: false,
      poll: { name: 'scripted', emulated: true, edgeTriggered: false, isDriven: false },
    };
    return { head: this.redactor.head(head), tape: Buffer.concat(this.blocks) };
  }
}

/** The replay is identical, and the redacted recording contains none of these. */
function expectRedacted(server: RedactedServer, secrets: readonly string[]): void {
  const digest = digestOf(server.lab.server);
  const { head, tape } = server.end();
  for (const secret of secrets) {
    expect(tape.includes(secret, 0, 'latin1'), secret).toBe(false);
    expect(JSON.stringify(head)).not.toContain(secret);
  }
  const replay = new Replay(head, tape);
  expect(replay.run()).toMatchObject({ divergence: null });
  expect(digestOf(replay.server)).toBe(digest);
}

describe('a recorded server', () => {
  test('distinguishes right and wrong passwords in the replay as well', () => {
    const server = new RedactedServer();
    const client = server.lab.connect();
    expect(client.ask('GET', 'k')).toContain('NOAUTH');
    expect(client.ask('AUTH', 'first-wrong')).toContain('WRONGPASS');
    expect(client.ask('AUTH', 'first-secret')).toBe('+OK\r\n');
    expect(client.ask('CONFIG', 'SET', 'requirepass', 'second-secret')).toBe('+OK\r\n');
    expect(client.ask('CONFIG', 'GET', 'requirepass')).toContain('second-secret');
    expect(client.ask('CONFIG', 'GET', '*')).toContain('master-secret');
    expect(client.ask('ACL', 'LIST')).toContain('#');
    expect(client.ask('ACL', 'GETUSER', 'default')).toContain('passwords');
    const [, made = ''] = /([0-9a-f]{64})/.exec(client.ask('ACL', 'GENPASS'))!;
    expect(client.ask('MULTI')).toBe('+OK\r\n');
    client.ask('CONFIG', 'SET', 'requirepass', made);
    client.ask('AUTH', made);
    client.ask('CONFIG', 'GET', 'requirepass');
    expect(client.ask('EXEC')).toContain(made);
    const other = server.lab.connect();
    other.send(`AUTH ${made}\r\nSET k v\r\n`);
    expect(other.receive()).toBe('+OK\r\n+OK\r\n');
    expect(server.lab.connect().ask('HELLO', '3', 'AUTH', 'default', made, 'SETNAME', 'me')).toContain('server');
    expectRedacted(server, ['first-secret', 'second-secret', 'first-wrong', 'master-secret', made]);
    expect(server.redactor.containsSecrets).toBe(false);
  });

  test('knows the passwords of users, also those given as hashes, in the replay', () => {
    const hashOf = (password: string): string => createHash('sha256').update(password).digest('hex');
    const server = new RedactedServer({}, { user: [['carol', 'on', '>carols-secret', '+@all']] });
    const admin = server.lab.connect();
    const other = server.lab.connect();
    const hash = hashOf('bobs-secret');
    const ask = (...argv: string[]): string => admin.ask(...argv);
    expect(ask('ACL', 'SETUSER', 'alice', 'on', '>alices-secret', '>alices-second', '+@all')).toBe('+OK\r\n');
    expect(ask('ACL', 'SETUSER', 'bob', 'on', `#${hash}`, '+@all')).toBe('+OK\r\n');
    other.send('ACL SETUSER dave on ">daves-secret" >daves-second\r\n');
    expect(other.receive()).toBe('+OK\r\n');
    for (const [name, password, reply] of [
      ['alice', 'alices-secret', /^\+OK/], ['alice', 'alices-wrong', /^-WRONGPASS/], ['bob', 'bobs-secret', /^\+OK/], ['bob', 'bobs-wrong', /^-WRONGPASS/],
      ['carol', 'carols-secret', /^\+OK/], ['dave', 'daves-second', /^\+OK/],
    ] as const) {
      expect(other.ask('AUTH', name, password), name).toMatch(reply);
    }
    expect(ask('ACL', 'SETUSER', 'bob', '>bobs-secret', '>bobs-third', `!${hashOf('bobs-third')}`)).toBe('+OK\r\n');
    expect(ask('ACL', 'SETUSER', 'bob', '<bobs-secret')).toBe('+OK\r\n');
    expect(ask('ACL', 'SETUSER', 'alice', '<never-secret')).toMatch(/^-ERR/);
    expect(ask('ACL', 'LIST')).toContain(hashOf('alices-second'));
    expect(ask('ACL', 'GETUSER', 'alice')).toContain(hashOf('alices-second'));
    const secrets = ['alices-secret', 'alices-second', 'alices-wrong', 'bobs-secret', 'bobs-third', 'carols-secret', 'daves-secret', 'daves-second', 'never-secret'];
    expectRedacted(server, [...secrets, hash, hashOf('bobs-third')]);
    expect(server.redactor.containsSecrets).toBe(false);
  });

  test('has read its ACL file, and reads it in the replay from the recording', () => {
    const file = join(temporaryDirectory(), 'users.acl');
    const hash = createHash('sha256').update('second-one').digest('hex');
    writeFileSync(file, 'user alice on >first-one +@all\nuser default on nopass ~* &* +@all\n');
    const server = new RedactedServer({}, { aclfile: file });
    const client = server.lab.connect();
    expect(client.ask('AUTH', 'alice', 'first-one')).toBe('+OK\r\n');
    writeFileSync(file, `user bob on #${hash} +@all -acl\n`);
    expect(server.lab.connect().ask('ACL', 'LOAD')).toBe('+OK\r\n');
    expect(client.isClosedByServer).toBe(true);
    const other = server.lab.connect();
    expect(other.ask('AUTH', 'bob', 'second-one')).toBe('+OK\r\n');
    expect(other.ask('ACL', 'WHOAMI')).toMatch(/^-NOPERM/);
    writeFileSync(file, 'nonsense\n');
    const admin = server.lab.connect();
    expect(admin.ask('ACL', 'LOAD')).toMatch(/^-ERR .*:1 should start with user keyword/);
    expect(admin.ask('ACL', 'SAVE')).toBe('+OK\r\n');
    writeFileSync(file, 'user eve on nopass\n');
    expectRedacted(server, ['first-one', 'second-one', hash]);
  });

  test('may get passwords in waiting requests: after a parked request, in a transaction, in a pause', () => {
    const server = new RedactedServer();
    const [client, other] = [server.lab.connect(), server.lab.connect()];
    for (const each of [client, other]) each.ask('AUTH', 'first-secret');
    client.send(request('BLPOP', 'q', '0') + request('AUTH', 'waits-secret') + request('CONFIG', 'SET', 'requirepass', 'late-secret'));
    expect(client.receive()).toBe('');
    server.look();
    other.ask('CLIENT', 'PAUSE', '50', 'ALL');
    other.sendCommand('AUTH', 'paused-secret');
    server.lab.turn();
    server.look();
    server.lab.advance(100);
    expect(other.receive()).toContain('WRONGPASS');
    other.ask('LPUSH', 'q', 'x');
    expect(client.receive()).toContain('WRONGPASS');
    expect(server.lab.connect().ask('AUTH', 'late-secret')).toBe('+OK\r\n');
    expectRedacted(server, ['first-secret', 'waits-secret', 'paused-secret', 'late-secret']);
  });

  test('replies that show a secret are written in several writes, among others', () => {
    const server = new RedactedServer();
    const client = server.lab.connect();
    client.ask('AUTH', 'first-secret');
    client.peer.setWindow(10);
    client.send(request('PING', 'x'.repeat(30)) + request('CONFIG', 'GET', 'requirepass') + request('ECHO', 'y'.repeat(50)));
    expect(client.receive()).toContain('first-secret');
    client.ask('ECHO', 'z');
    expectRedacted(server, ['first-secret']);
  });

  test('a line that may contain a password is waited for, but not for ever', () => {
    const server = new RedactedServer();
    const [slow, other] = [server.lab.connect(), server.lab.connect()];
    server.look();
    const before = server.left;
    const step = (text: string): void => {
      slow.send(text);
      server.lab.turn(2);
      server.look();
    };
    step('AUTH def');
    expect(server.left).toBe(before);
    step('ault first-');
    expect(server.left).toBe(before);
    step('secret\r\n');
    expect(server.left).toBeGreaterThan(before);
    expect(slow.receive()).toBe('+OK\r\n');
    expect(server.redactor.containsSecrets).toBe(false);
    step('AUTH forgotten');
    for (let i = 0; i < 30; i++) {
      other.ask('PING');
      server.look();
    }
    expect(server.left).toBeGreaterThan(before + 500);
    step('-secret\r\n');
    expect(slow.receive()).toContain('WRONGPASS');
    expect(server.redactor.containsSecrets).toBe(true);
    expectRedacted(server, ['first-secret']);
  });

  test('reports if a password occurs elsewhere as well', () => {
    const server = new RedactedServer();
    const client = server.lab.connect();
    client.ask('AUTH', 'first-secret');
    server.look();
    expect(server.redactor.containsSecrets).toBe(false);
    client.ask('EVAL', "return 'first-secret'", '0');
    server.look();
    expect(server.redactor.containsSecrets).toBe(true);
    expectRedacted(server, ['AUTH first-secret']);
  });

  const SECRETS = ['secret-a', 'secret-b', 'sécret "c"', '\xff\x80secret\r\nd'];

  function say(random: Random, client: LabClient): void {
    const secret = random.pick(SECRETS);
    const argv = random.pick([
      ['AUTH', secret], ['AUTH', 'default', secret], ['AUTH', 'nobody', secret], ['HELLO', '3', 'AUTH', 'default', secret], ['HELLO', '2', 'SETNAME', 'x', 'AUTH', 'default', secret],
      ['CONFIG', 'SET', 'requirepass', secret], ['CONFIG', 'SET', 'requirepass', secret, 'nonsense', '1'], ['CONFIG', 'SET', 'masterauth', secret], ['CONFIG', 'SET', 'requirepass', ''],
      ['CONFIG', 'GET', '*pass*'], ['CONFIG', 'GET', '*'], ['ACL', 'LIST'], ['ACL', 'GETUSER', 'default'], ['ACL', 'GENPASS', '40'], ['ACL', 'LOG'], ['SLOWLOG', 'GET'],
      ['MULTI'], ['EXEC'], ['SET', 'k', 'v'], ['BLPOP', 'q', '0.1'], ['LPUSH', 'q', 'x'], ['CLIENT', 'LIST'], ['MONITOR'], ['INFO'], ['RESET'], ['CONFIG', 'SET', 'slowlog-log-slower-than', '0'],
    ]);
    const isInline = random.chance(0.3) && argv.every((word) => /^[\x21-\x7e]+$/.test(word));
    client.send(isInline ? `${argv.join(' ')}\r\n` : request(...argv));
  }

  test.each([...Array(16).keys()])('random clients with passwords on a rough wire, %i', (seed) => {
    const random = new Random(seed);
    const server = new RedactedServer(seed % 2 === 0 ? {} : { partial: 0.4, wouldBlock: 0.1, spurious: 0.05, reset: 0.002 });
    const clients = [0, 1, 2].map(() => server.lab.connectLater());
    for (let step = 0; step < 150; step++) {
      const at = random.below(clients.length);
      if (clients[at]!.isClosedByServer || random.chance(0.02)) {
        clients[at]!.close();
        clients[at] = server.lab.connectLater();
      }
      if (!clients[at]!.peer.isShutDown) for (let count = random.between(1, 4); count > 0; count--) say(random, clients[at]!);
      server.lab.turn(random.between(1, 2));
      clients[at]!.take();
      if (random.chance(0.3)) server.look();
      if (random.chance(0.2)) server.lab.advance(random.below(200));
    }
    server.lab.settle();
    expectRedacted(server, [...SECRETS, 'first-secret', 'master-secret']);
  });
});

test('secret settings are recognised by name in any case, and only if they have a value', () => {
  const config = new Config({ masterauth: 'x' });
  expect(config.showSecret(['timeout', 'requirepass'])).toBe(false);
  expect(config.showSecret(['MasterAuth'])).toBe(true);
});

import { describe, expect, test } from 'vitest';
import { type Lab, type LabClient, simulate } from '../simulation/harness.js';

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
const array = (...items: (string | number | null)[]): string =>
  `*${items.length}\r\n${items.map((item) => (item === null ? '$-1\r\n' : typeof item === 'number' ? `:${item}\r\n` : bulk(item))).join('')}`;
const push = (...items: (string | number | null)[]): string => array(...items).replace('*', '>').replaceAll('$-1', '_');

/** A client that speaks RESP3. */
function connectNew(lab: Lab): LabClient {
  const client = lab.connect();
  [...lab.server.sessions.values()].at(-1)!.version = 3;
  return client;
}

describe('subscribing', () => {
  test.each([
    ['SUBSCRIBE', 'UNSUBSCRIBE'],
    ['PSUBSCRIBE', 'PUNSUBSCRIBE'],
    ['SSUBSCRIBE', 'SUNSUBSCRIBE'],
  ])('%s and %s confirm every name with the number of subscriptions', (subscribe, unsubscribe) => {
    using lab = simulate();
    const client = lab.connect();
    const [on, off] = [subscribe.toLowerCase(), unsubscribe.toLowerCase()];
    expect(client.ask(subscribe, 'a', 'b', 'a')).toBe(array(on, 'a', 1) + array(on, 'b', 2) + array(on, 'a', 2));
    expect(client.ask(unsubscribe, 'a', 'x')).toBe(array(off, 'a', 1) + array(off, 'x', 1));
    expect(client.ask(unsubscribe)).toBe(array(off, 'b', 0));
    expect(client.ask(unsubscribe)).toBe(array(off, null, 0));
  });

  test('channels and patterns are counted together, shard channels separately', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('SUBSCRIBE', 'a');
    expect(client.ask('PSUBSCRIBE', 'p*')).toBe(array('psubscribe', 'p*', 2));
    expect(client.ask('SSUBSCRIBE', 's')).toBe(array('ssubscribe', 's', 1));
  });

  test('RESP3 confirms by pushes', () => {
    using lab = simulate();
    const client = connectNew(lab);
    expect(client.ask('SUBSCRIBE', 'a')).toBe(push('subscribe', 'a', 1));
    expect(client.ask('UNSUBSCRIBE')).toBe(push('unsubscribe', 'a', 0));
    expect(client.ask('UNSUBSCRIBE')).toBe(push('unsubscribe', null, 0));
  });

  test('inside a transaction the confirmations are in the reply of EXEC', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('MULTI');
    client.ask('SUBSCRIBE', 'a');
    client.ask('PING');
    expect(client.ask('EXEC')).toBe(`*2\r\n${array('subscribe', 'a', 1)}${array('pong', '')}`);
  });
});

test('a transaction refuses SSUBSCRIBE', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('MULTI');
  client.ask('SSUBSCRIBE', 'a');
  expect(client.ask('EXEC')).toBe("*1\r\n-ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client\r\n");
});

describe('publishing', () => {
  test('a message reaches channel and patterns, the channel first', () => {
    using lab = simulate();
    const [subscriber, publisher] = [lab.connect(), lab.connect()];
    subscriber.ask('PSUBSCRIBE', 'n*', 'x*', '*');
    subscriber.ask('SUBSCRIBE', 'news');
    expect(publisher.ask('PUBLISH', 'news', 'hello')).toBe(':3\r\n');
    expect(subscriber.receive()).toBe(array('message', 'news', 'hello') + array('pmessage', 'n*', 'news', 'hello') + array('pmessage', '*', 'news', 'hello'));
  });

  test('shard channels are separate from other channels', () => {
    using lab = simulate();
    const [subscriber, publisher] = [lab.connect(), lab.connect()];
    subscriber.ask('SSUBSCRIBE', 'c');
    expect(publisher.ask('PUBLISH', 'c', 'm')).toBe(':0\r\n');
    expect(publisher.ask('SPUBLISH', 'c', 'm')).toBe(':1\r\n');
    expect(subscriber.receive()).toBe(array('smessage', 'c', 'm'));
  });

  test('a message is bytes', () => {
    using lab = simulate();
    const [subscriber, publisher] = [lab.connect(), lab.connect()];
    subscriber.ask('SUBSCRIBE', 'c\0');
    publisher.ask('PUBLISH', 'c\0', '\xff\r\n');
    expect(subscriber.receive()).toBe(array('message', 'c\0', '\xff\r\n'));
  });

  test('in RESP3 a publisher gets its own message before the reply', () => {
    using lab = simulate();
    const client = connectNew(lab);
    client.ask('SUBSCRIBE', 'c');
    expect(client.ask('PUBLISH', 'c', 'm')).toBe(`${push('message', 'c', 'm')}:1\r\n`);
  });

  test('a client between MULTI and EXEC gets its messages at once', () => {
    using lab = simulate();
    const [subscriber, publisher] = [connectNew(lab), lab.connect()];
    subscriber.ask('SUBSCRIBE', 'c');
    subscriber.ask('MULTI');
    publisher.ask('PUBLISH', 'c', 'm');
    expect(subscriber.receive()).toBe(push('message', 'c', 'm'));
  });

  test('the trace has the number of receivers', () => {
    using lab = simulate();
    const [subscriber, publisher] = [lab.connect(), lab.connect()];
    subscriber.ask('SUBSCRIBE', 'c');
    const events = lab.record();
    publisher.ask('PUBLISH', 'c', 'four');
    expect(events.filter((event) => event.kind === 'publish')).toMatchObject([{ channel: 'c', bytes: 4, receivers: 1 }]);
  });

  test('a disconnected client receives nothing', () => {
    using lab = simulate();
    const [subscriber, publisher] = [lab.connect(), lab.connect()];
    subscriber.ask('SUBSCRIBE', 'c');
    subscriber.ask('PSUBSCRIBE', 'c');
    subscriber.close();
    lab.settle();
    expect(publisher.ask('PUBLISH', 'c', 'm')).toBe(':0\r\n');
    expect(publisher.ask('PUBSUB', 'CHANNELS')).toBe('*0\r\n');
  });
});

describe('PUBSUB', () => {
  test.each([
    [['CHANNELS'], array('ab', 'b')],
    [['CHANNELS', 'a*'], array('ab')],
    [['NUMSUB', 'ab', 'none', 'b'], array('ab', 2, 'none', 0, 'b', 1)],
    [['NUMSUB'], '*0\r\n'],
    [['NUMPAT'], ':1\r\n'],
    [['SHARDCHANNELS'], array('s')],
    [['SHARDCHANNELS', 'x*'], '*0\r\n'],
    [['SHARDNUMSUB', 's', 'ab'], array('s', 1, 'ab', 0)],
    [['NOSUCH'], "-ERR unknown subcommand 'NOSUCH'. Try PUBSUB HELP.\r\n"],
    [['NUMPAT', 'x'], "-ERR wrong number of arguments for 'pubsub|numpat' command\r\n"],
  ])('%j', (argv, expected) => {
    using lab = simulate();
    const [one, two] = [lab.connect(), lab.connect()];
    one.ask('SUBSCRIBE', 'ab', 'b');
    two.ask('SUBSCRIBE', 'ab');
    one.ask('PSUBSCRIBE', 'p*');
    two.ask('PSUBSCRIBE', 'p*');
    one.ask('SSUBSCRIBE', 's');
    expect(lab.connect().ask('PUBSUB', ...argv)).toBe(expected);
  });
});

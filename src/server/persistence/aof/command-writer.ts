/**
 * Writes a dataset as commands, for the base of an append-only file with `aof-use-rdb-preamble no`: those that redis-server 7.0 writes.
 *
 *   #TS │ FUNCTION LOAD … │ SELECT 0 │ SET, RPUSH, SADD, ZADD, HMSET, XADD …, each key followed by its PEXPIREAT │ SELECT 1 …
 *
 * A command names at most 64 members; a larger collection has several.
 */
import { NEVER } from '../../keyspace/expires.js';
import { type ChunkSink, ChunkWriter } from '../../keyspace/rdb/chunk-writer.js';
import type { Source } from '../../keyspace/rdb/encoder.js';
import { HashValue } from '../../keyspace/types/hash.js';
import { timeText } from '../../keyspace/types/int64.js';
import { List } from '../../keyspace/types/list.js';
import { SetValue } from '../../keyspace/types/set.js';
import { SortedSetValue } from '../../keyspace/types/sorted-set.js';
import type { Group } from '../../keyspace/types/stream-group.js';
import { formatId } from '../../keyspace/types/stream-id.js';
import { StreamValue } from '../../keyspace/types/stream.js';
import { type Collection, isString, textOf, type Value } from '../../keyspace/value.js';
import { formatDouble } from '../../resp/double.js';
import type { Dataset, DatasetWriter, Facts, Format, KeyFacts } from '../dataset-writer.js';

/** Maximum number of members of one command (AOF_REWRITE_ITEMS_PER_CMD). */
const MEMBERS_PER_COMMAND = 64;

export interface CommandSettings {
  readonly 'aof-timestamp-enabled': boolean;
}

export function asCommands(settings: CommandSettings): Format {
  return (sink) => new CommandWriter(settings, sink);
}

class CommandWriter implements DatasetWriter {
  private readonly out: ChunkWriter;

  constructor(private readonly settings: CommandSettings, sink: ChunkSink) {
    this.out = new ChunkWriter(sink);
  }

  head({ keyspace, libraries }: Dataset, _facts: Facts): void {
    if (this.settings['aof-timestamp-enabled']) this.out.latin1(`#TS:${Math.floor(keyspace.clock.nowMs / 1000)}\r\n`);
    for (const code of libraries) this.command('FUNCTION', 'LOAD', code);
  }

  database(index: number): void {
    this.command('SELECT', String(index));
  }

  sizes(): void {}

  key(key: string, value: Value, facts: KeyFacts): void {
    if (isString(value)) this.command('SET', key, textOf(value));
    else for (const _ of this.steps(key, { value }));
    this.expiry(key, facts);
  }

  *keySteps(key: string, source: Source<Collection>, facts: KeyFacts): Generator<void, void, undefined> {
    yield* this.steps(key, source);
    this.expiry(key, facts);
  }

  end(): void {}

  flush(): void {
    this.out.flush();
  }

  private expiry(key: string, { atMs }: KeyFacts): void {
    if (atMs !== NEVER) this.command('PEXPIREAT', key, timeText(atMs));
  }

  private steps(key: string, source: Source<Collection>): Generator<void, void, undefined> {
    const { value } = source;
    if (value instanceof List) return this.list(key, source as Source<List>);
    if (value instanceof SetValue) return this.set(key, source as Source<SetValue>);
    if (value instanceof HashValue) return this.hash(key, source as Source<HashValue>);
    if (value instanceof SortedSetValue) return this.sortedSet(key, source as Source<SortedSetValue>);
    if (value instanceof StreamValue) return this.stream(key, source as Source<StreamValue>);
    throw new Error(`expected a type that has commands, not ${value.type}`);
  }

  private *list(key: string, source: Source<List>): Generator<void, void, undefined> {
    const { size } = source.value;
    for (let at = 0; at < size; at += MEMBERS_PER_COMMAND) {
      this.command('RPUSH', key, ...source.value.slice(at, Math.min(MEMBERS_PER_COMMAND, size - at)));
      yield;
    }
  }

  private *set(key: string, source: Source<SetValue>): Generator<void, void, undefined> {
    for (const [from, to] of parts(source.value.size)) {
      this.begin('SADD', key, to - from);
      for (let position = from; position < to; position++) this.argument(source.value.memberAt(position));
      yield;
    }
  }

  private *hash(key: string, source: Source<HashValue>): Generator<void, void, undefined> {
    for (const [from, to] of parts(source.value.size)) {
      this.begin('HMSET', key, 2 * (to - from));
      for (let position = from; position < to; position++) {
        this.argument(source.value.fieldAt(position));
        this.argument(source.value.valueAt(position));
      }
      yield;
    }
  }

  private *sortedSet(key: string, source: Source<SortedSetValue>): Generator<void, void, undefined> {
    // A listpack stores whole scores as integers, so the sign of -0 is lost, as in Redis.
    const isPacked = source.value.encoding === 'listpack';
    for (const [from, to] of parts(source.value.size)) {
      this.begin('ZADD', key, 2 * (to - from));
      source.value.visit(from, to - from, false, (member, score) => {
        this.argument(formatDouble(isPacked ? score + 0 : score));
        this.argument(member);
      });
      yield;
    }
  }

  private *stream(key: string, source: Source<StreamValue>): Generator<void, void, undefined> {
    const { size, nodes } = source.value;
    for (let node = nodes.first; node !== undefined; node = source.value.nodes.after(node)) {
      for (let at = 0; at < node.length; at++) {
        if (node.isDeletedAt(at)) continue;
        const entry = node.entryAt(at);
        this.command('XADD', key, formatId(entry), ...entry.fields);
      }
      yield;
    }
    // A stream without entries is made by one that is trimmed at once.
    if (size === 0) this.command('XADD', key, 'MAXLEN', '0', '0-1', 'x', 'y');
    const stream = source.value;
    const counts = ['ENTRIESADDED', String(stream.entriesAdded), 'MAXDELETEDID', formatId(stream.maxDeletedId)];
    this.command('XSETID', key, formatId(stream.lastId), ...counts);
    const names = [...stream.groups.keys()].sort((a, b) => (a < b ? -1 : 1));
    for (const name of names) yield* this.group(key, name, () => source.value.groups.get(name)!);
  }

  private *group(key: string, name: string, current: () => Group): Generator<void, void, undefined> {
    const { lastId, entriesRead } = current();
    this.command('XGROUP', 'CREATE', key, name, formatId(lastId), 'ENTRIESREAD', String(entriesRead));
    let written = 0;
    for (const { name: consumer } of current().sortedConsumers()) {
      const pendingOf = () => current().consumers.get(consumer)!.pending;
      if (pendingOf().size === 0) this.command('XGROUP', 'CREATECONSUMER', key, name, consumer);
      if (++written % MEMBERS_PER_COMMAND === 0) yield;
      for (let pending = pendingOf().first; pending !== undefined; pending = pendingOf().after(pending)) {
        const { deliveredMs, deliveries } = pending;
        const delivery = ['TIME', timeText(deliveredMs), 'RETRYCOUNT', String(deliveries)];
        this.command('XCLAIM', key, name, consumer, '0', formatId(pending), ...delivery, 'JUSTID', 'FORCE');
        if (++written % MEMBERS_PER_COMMAND === 0) yield;
      }
    }
  }

  private command(...argv: readonly string[]): void {
    this.out.latin1(`*${argv.length}\r\n`);
    for (const text of argv) this.argument(text);
  }

  /** Begins a command with a key; its arguments follow. */
  private begin(name: string, key: string, args: number): void {
    this.out.latin1(`*${2 + args}\r\n`);
    this.argument(name);
    this.argument(key);
  }

  private argument(text: string): void {
    this.out.latin1(`$${text.length}\r\n`);
    this.out.latin1(text);
    this.out.latin1('\r\n');
  }
}

function* parts(size: number): Generator<readonly [from: number, to: number], void, undefined> {
  for (let from = 0; from < size; from += MEMBERS_PER_COMMAND) yield [from, Math.min(from + MEMBERS_PER_COMMAND, size)];
}

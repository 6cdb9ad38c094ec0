/**
 * An outlet on a disk that takes what the test wants: the server never hears of it, and what is lost is counted.
 */
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { FileOutlet, StreamOutlet, type OutletOptions } from '../../src/cli/outlet.js';

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

class Disk {
  text = '';
  /** Bytes that it still takes. */
  room = Infinity;
  readonly reports: string[] = [];
  readonly options: OutletOptions = { name: 'the log', unit: 'line', encoding: 'latin1', gap: (count) => `(${count} lost)\n`, report: (message) => this.reports.push(message) };
  readonly write = (bytes: Uint8Array, offset: number): number => {
    if (this.room === 0) throw failure('ENOSPC');
    const taken = Buffer.from(bytes.subarray(offset, offset + Math.min(this.room, bytes.length - offset)));
    this.room -= taken.length;
    this.text += taken.toString('latin1');
    return taken.length;
  };
  readonly close = (): boolean => true;
}

function outletOn(disk: Disk): FileOutlet {
  return new FileOutlet(disk, disk.options);
}

test('a full disk is reported once; the gap is noted in the file as soon as it can be written again', () => {
  const disk = new Disk();
  const outlet = outletOn(disk);
  outlet.write(['one\n']);
  disk.room = 0;
  outlet.write(['two\n', 'three\n']);
  outlet.write(['four\n']);
  expect(disk.reports).toEqual(['the log is incomplete from here on: no space is left on the device']);
  disk.room = Infinity;
  outlet.write(['five\n']);
  outlet.write(['six\n']);
  expect(disk.text).toBe('one\n(3 lost)\nfive\nsix\n');
  disk.room = 0;
  outlet.write(['seven\n']);
  expect(disk.reports).toHaveLength(2);
});

test('what is still missing at the end is said', () => {
  const disk = new Disk();
  const outlet = outletOn(disk);
  disk.room = 0;
  outlet.write(['one\n', 'two\n']);
  outlet.close();
  expect(disk.reports.at(-1)).toBe('the log lacks the last 2 lines: no space is left on the device');
});

test('wherever the disk ends, every line in the file is whole once it takes the rest', () => {
  const entries = ['one\n', 'two\n', 'three\n'];
  const before = entries.join('').length;
  for (let room = 0; room < before; room++) {
    const disk = new Disk();
    const outlet = outletOn(disk);
    disk.room = room;
    outlet.write(entries);
    outlet.write(['lost\n']);
    // Room for half of the line about the gap.
    disk.room = 3;
    outlet.write(['lost, too\n']);
    disk.room = Infinity;
    outlet.write(['end\n']);
    const lines = disk.text.split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.at(-1)).toBe('end');
    const gaps = lines.flatMap((line) => /^\((\d+) lost\)$/.exec(line)?.[1] ?? []).map(Number);
    const written = lines.filter((line) => entries.includes(`${line}\n`));
    expect(lines).toHaveLength(written.length + gaps.length + 1);
    expect(written.length + gaps.reduce((sum, count) => sum + count, 0)).toBe(entries.length + 2);
  }
});

test('bytes of a byte string stay bytes, text becomes UTF-8', () => {
  const bytes = new Disk();
  outletOn(bytes).write(['caf\xff\n']);
  expect(bytes.text).toBe('caf\xff\n');
  const text = new Disk();
  new FileOutlet(text, { ...text.options, encoding: 'utf8' }).write(['é\n']);
  expect(text.text).toBe('\xc3\xa9\n');
});

test('a reader that does not keep up costs lines, not memory', () => {
  const disk = new Disk();
  const waiting: { readonly text: string; readonly done: () => void }[] = [];
  const stream = new Writable({ highWaterMark: 1, write: (chunk: Buffer, _encoding, done) => void waiting.push({ text: chunk.toString('latin1'), done }) });
  const outlet = new StreamOutlet(stream, disk.options);
  const line = `${'x'.repeat(2 ** 16 - 1)}\n`;
  for (let i = 0; i < 100; i++) outlet.write([line]);
  expect(stream.writableLength).toBeLessThan(2 ** 21);
  expect(disk.reports).toEqual(['the log is incomplete from here on: its reader does not keep up']);
  let received = '';
  const read = (): void => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      received += next.text;
      next.done();
    }
  };
  for (let i = 0; i < 100; i++) read();
  return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
    for (let i = 0; i < 100; i++) read();
    outlet.write(['end\n']);
    for (let i = 0; i < 10; i++) read();
    const [, lost] = /\((\d+) lost\)\nend\n$/.exec(received) ?? [];
    expect(received.split(line).length - 1 + Number(lost)).toBe(100);
  });
});

test('a reader that has left is reported, and does not end anything', async () => {
  const disk = new Disk();
  const stream = new Writable({ autoDestroy: false, write: (_chunk, _encoding, done) => done(failure('EPIPE')) });
  stream.on('error', () => {});
  const outlet = new StreamOutlet(stream, disk.options);
  outlet.write(['one\n']);
  await new Promise((resolve) => setImmediate(resolve));
  expect(disk.reports).toEqual(['the log is incomplete from here on: it is no longer read']);
});

/**
 * The log, in redis-server's format: `12345:M 20 Nov 2026 20:00:00.123 * message`, to standard output or to the file of the settings.
 *
 * Messages are byte strings (latin1, one character a byte), because scripts and clients contribute to them. A file and a pipe get these
 * bytes; a terminal gets them escaped.
 */
import { fstatSync, openSync } from 'node:fs';
import type { LogLevel } from '../server/index.js';
import { escapeBytes } from '../tui/escape.js';
import { patientOutput } from '../tui/terminal/patient-output.js';
import { FileOutlet, StreamOutlet, type Outlet, type OutletOptions } from './outlet.js';
import { openSink } from './sink.js';
import { toText } from '../server/config/bytes.js';

const MARKS: { readonly [level in LogLevel]: string } = { debug: '.', verbose: '-', notice: '*', warning: '#' };
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export type Log = (level: LogLevel, message: string) => void;

export interface LogOutput {
  readonly log: Log;
  readonly close: () => void;
}

/** @param file appended to; empty: standard output. Throws errors of the file system. @param report is called when the log begins to lose lines */
export function openLog(file: string, report: (message: string) => void): LogOutput {
  const isShown = file === '' && process.stdout.isTTY === true;
  const outlet = openOutlet(file, {
    name: file === '' ? 'the log on standard output' : `the log '${file}'`,
    unit: 'line',
    encoding: 'latin1',
    gap: (count) => logLine(process.pid, new Date(), 'warning', `${count} line${count === 1 ? '' : 's'} of the log could not be written before this one`),
    report,
  });
  return {
    log: (level, message) => outlet.write([logLine(process.pid, new Date(), level, isShown ? escapeBytes(message) : message)]),
    close: () => outlet.close(),
  };
}

function openOutlet(file: string, options: OutletOptions): Outlet {
  if (file !== '') return new FileOutlet(openSink(openSync(toText(file), 'a')), options);
  // Node's stream for a file does not notice a partial write.
  return isPipeOrTerminal(1) ? new StreamOutlet(patientOutput(process.stdout) ?? process.stdout, options) : new FileOutlet(openSink(1), options);
}

function isPipeOrTerminal(fd: number): boolean {
  const stat = fstatSync(fd);
  return stat.isFIFO() || stat.isSocket() || process.stdout.isTTY === true;
}

export function logLine(pid: number, now: Date, level: LogLevel, message: string): string {
  return `${pid}:M ${now.getDate().toString().padStart(2, '0')} ${MONTHS[now.getMonth()]} ${now.getFullYear()} ${clockTime(now)} ${MARKS[level]} ${message}\n`;
}

function clockTime(now: Date): string {
  const parts = [now.getHours(), now.getMinutes(), now.getSeconds()].map((part) => part.toString().padStart(2, '0'));
  return `${parts.join(':')}.${now.getMilliseconds().toString().padStart(3, '0')}`;
}

/**
 * The log, in redis-server's format: `12345:M 20 Nov 2026 20:00:00.123 * message`, to standard output or to the file of the settings.
 */
import { openSync, writeSync } from 'node:fs';
import type { LogLevel } from '../server/index.js';

const MARKS: { readonly [level in LogLevel]: string } = { debug: '.', verbose: '-', notice: '*', warning: '#' };
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export type Log = (level: LogLevel, message: string) => void;

/** @param file appended to; empty: standard output. Throws what the file system throws. */
export function openLog(file: string): Log {
  if (file === '') return (level, message) => void process.stdout.write(logLine(process.pid, new Date(), level, message));
  const fd = openSync(file, 'a');
  return (level, message) => void writeSync(fd, logLine(process.pid, new Date(), level, message));
}

export function logLine(pid: number, now: Date, level: LogLevel, message: string): string {
  return `${pid}:M ${now.getDate().toString().padStart(2, '0')} ${MONTHS[now.getMonth()]} ${now.getFullYear()} ${clockTime(now)} ${MARKS[level]} ${message}\n`;
}

function clockTime(now: Date): string {
  const parts = [now.getHours(), now.getMinutes(), now.getSeconds()].map((part) => part.toString().padStart(2, '0'));
  return `${parts.join(':')}.${now.getMilliseconds().toString().padStart(3, '0')}`;
}

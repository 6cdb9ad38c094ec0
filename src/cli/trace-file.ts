/**
 * --trace: everything that the loop tells of itself, one JSON object a line.
 *
 * A batch that left something out says so in a line of its own, {"kind":"dropped",…}, because a gap must not look like silence.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { TraceBatch } from '../server/index.js';

export class TraceFile {
  private readonly fd: number;

  /** Replaces the file. Throws what the file system throws. */
  constructor(path: string) {
    this.fd = openSync(path, 'w');
  }

  write({ events, droppedTurns, droppedCommands }: TraceBatch): void {
    const lines = events.map((event) => JSON.stringify(event));
    if (droppedTurns + droppedCommands > 0) lines.push(JSON.stringify({ kind: 'dropped', turns: droppedTurns, commands: droppedCommands }));
    if (lines.length > 0) writeSync(this.fd, `${lines.join('\n')}\n`);
  }

  close(): void {
    closeSync(this.fd);
  }
}

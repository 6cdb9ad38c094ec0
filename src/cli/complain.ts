/**
 * Messages of the command line on standard error: why it does not start, what was lost.
 */
import { escapeBytes } from '../tui/escape.js';
import { tell } from '../tui/terminal/patient-output.js';

/** @param message a byte string of one or more lines; it may quote a file, a flag or a path. A terminal gets it escaped, a file and a pipe byte by byte. */
export function complain(message: string): void {
  const { stderr } = process;
  const lines = `redis-lab: ${message}`.split('\n');
  tell(stderr, stderr.isTTY ? `${lines.map(escapeBytes).join('\n')}\n` : Buffer.from(`${lines.join('\n')}\n`, 'latin1'));
}

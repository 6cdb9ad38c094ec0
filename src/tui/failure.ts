/**
 * The text for an unexpected error.
 */
import { escapeBytes } from './escape.js';
import { toBytes } from './state/typed-text.js';

/** With its stack, escaped: a client's bytes may be part of the message. */
export function describeFailure(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `redis-lab: ${text.split('\n').map((line) => escapeBytes(toBytes(line))).join('\n')}`;
}

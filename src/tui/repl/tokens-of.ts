/**
 * Replaces `on @a` in a line by the token of that client's connection: `fault slice 1 on @a`, `trigger edge on @a`, `rule on-eof on @a 'ignore'`.
 */
import { isSame, snapshotOf, type Watched } from './wait.js';

/** How often the server is asked about a client that it may not have accepted yet. */
const LOOKS = 100;
const LOOK_MS = 10;

const NAMED = /^((?:.*\s)?on\s+)?@([!-~]*)/i;

/** The words with tokens instead of names. Rejects if there is no such client. */
export async function withTokens(words: readonly string[], watched: Watched): Promise<readonly string[]> {
  const named: string[] = [];
  for (const [at, word] of words.entries()) {
    const isBehindOn = words[at - 1]?.toLowerCase() === 'on';
    // A rule's expression is one word, preceded by its target.
    const [whole = '', on = '', name = ''] = (isBehindOn || /^on\s/i.test(word) ? NAMED.exec(word) : null) ?? [];
    named.push(whole === '' ? word : `${on}#${await tokenOf(name, watched)}${word.slice(whole.length)}`);
  }
  return named;
}

async function tokenOf(name: string, watched: Watched): Promise<number> {
  for (let looks = 0; looks < LOOKS; looks++) {
    const client = watched.clients().find((each) => each.name === name);
    if (client === undefined || client.state === 'closed') throw new Error(watched.texts.notConnectedYet(name));
    const seen = (await snapshotOf(watched)).clients.find((each) => isSame(client, each));
    if (seen !== undefined) return seen.token;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error(watched.texts.notAccepted(name));
}

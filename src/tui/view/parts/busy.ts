/**
 * What is said of a loop that is busy with one turn: who keeps it so, for how long, and who waits. Seen from outside, while the loop itself can tell nothing.
 */
import type { LoopActivity } from '../../../server/index.js';
import type { Busy } from '../../state/state.js';
import { commandName, type Wording } from './sentence.js';
import { formatCount } from '../text.js';
import { nameOf } from './names.js';

/** Commands that let others be served once they are past `busy-reply-threshold`. */
const SCRIPTS: ReadonlySet<string> = new Set(['eval', 'evalsha', 'eval_ro', 'evalsha_ro', 'fcall', 'fcall_ro']);

/** `2.1 s`: the loop is looked at ten times a second. */
export function secondsText(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** `EVAL`, `CONFIG GET`; what is not known has no name. */
export function busyCommand({ command }: LoopActivity, { visible }: Pick<Wording, 'visible'>): string {
  return command === null || command === '' ? 'a request' : visible(commandName(command));
}

/** Who keeps the loop, and for how long. The longest way to say it comes first. */
export function busySentences({ activity }: Busy, wording: Wording): readonly string[] {
  const { phase, elapsedMs, turnMs, servesOthers } = activity;
  const name = activity.token === null ? 'the loop' : nameOf(activity.token);
  const command = busyCommand(activity, wording);
  if (phase !== 'execute' || elapsedMs < turnMs / 2) {
    const doing = phase === 'execute' ? `executes ${command}` : DOING[phase];
    const what = activity.token === null ? doing : `${doing} for ${name}`;
    return [`the loop has been busy with one turn for ${secondsText(turnMs)}, and ${what}`, `busy for ${secondsText(turnMs)}: ${what}`, what];
  }
  const others = servesOthers ? 'it is past busy-reply-threshold, so others are told BUSY' : 'nobody else is served';
  const what = `has been executing ${command} for ${secondsText(elapsedMs)}`;
  return [`${name} ${what}: ${others}`, `${name} ${what}`, `${name}: ${command} for ${secondsText(elapsedMs)}`];
}

const DOING: { readonly [phase in Exclude<LoopActivity['phase'], 'execute'>]: string } = {
  wait: 'waits',
  write: 'writes replies',
  accept: 'takes in connections',
  messages: 'takes messages of this screen',
  read: 'reads',
  decode: 'decodes requests',
  timers: 'runs timers',
  trace: 'sends its trace',
  held: 'is held',
};

/** Who waits meanwhile, the longest way to say it first; empty if nobody is known to. */
export function waitingSentences({ waiting }: Busy): readonly string[] {
  let clients = 0;
  let connections = 0;
  for (const { kind, count } of waiting.values()) {
    if (kind === 'bytes') clients++;
    else connections += count;
  }
  const [who, newcomers] = [plural(clients, 'client'), plural(connections, 'connection')];
  const parts = [
    ...(clients === 0 ? [] : [{ long: `${who} ${clients === 1 ? 'has sent something and waits' : 'have sent something and wait'}`, short: who }]),
    ...(connections === 0 ? [] : [{ long: `${newcomers} ${connections === 1 ? 'waits' : 'wait'} to be accepted`, short: newcomers }]),
  ];
  if (parts.length === 0) return [];
  const total = clients + connections;
  return [
    parts.map(({ long }) => long).join(', '),
    `${parts.map(({ short }) => short).join(' and ')} ${total === 1 ? 'waits' : 'wait'}`,
    `${formatCount(total)} wait`,
  ];
}

const plural = (count: number, noun: string): string => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;

/** What a pause that was asked for now comes to. */
export function pauseNotice({ activity }: Busy, wording: Wording): string {
  const command = busyCommand(activity, wording);
  if (activity.phase !== 'execute') return 'BUSY: will hold as soon as the loop gets to its next event';
  if (activity.servesOthers) return `BUSY: will hold inside of ${command}`;
  if (activity.command !== null && SCRIPTS.has(activity.command)) {
    return `BUSY: will hold as soon as ${command} ends, or inside of it, once it is past busy-reply-threshold`;
  }
  return `BUSY: will hold as soon as ${command} ends`;
}

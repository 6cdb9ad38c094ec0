/**
 * The console's own words: what they do, and how they are typed. `help lab`, completion and hints are drawn from this table.
 */

import { CLIENT_FAULTS } from '../../../server/index.js';

export interface LabWord {
  readonly name: string;
  /** What follows it, as a hint shows it. */
  readonly arguments: string;
  readonly summary: string;
}

export const LAB_WORDS: readonly LabWord[] = [
  {
    name: '@name',
    arguments: '[command]',
    summary:
      'Sends the command over a connection of its own with that name, opened when first used. ' +
      'Without a command, lines go there from now on; `@` alone goes back.',
  },
  { name: '5', arguments: 'command', summary: 'Runs the command so many times, each time when the reply to the one before is there.' },
  { name: 'clients', arguments: '', summary: 'Lists the connections of this console.' },
  {
    name: 'raw',
    arguments: '"bytes"',
    summary: 'Sends exactly these bytes, for example raw "*1\\r\\n$4\\r\\nPI": half a request, and the loop waits for the rest.',
  },
  ...CLIENT_FAULTS,
  {
    name: 'escapes',
    arguments: 'on | off',
    summary: 'On: everything beside ASCII is shown as \\xHH, as in redis-cli; off: text in UTF-8 as it is. In all panes; there the key \\ does it.',
  },
  {
    name: 'run',
    arguments: '[to #token | to command [key]]',
    summary:
      'Lets the loop run to the next such request, and holds it before that executes: run to #7, run to DEL user:*. `run` alone: to the ' +
      'next request of any client, but not to what redis-cli and client libraries send by themselves when they connect.',
  },
  {
    name: 'goto',
    arguments: 'turn number | command number | time | change key | oldest | now',
    summary:
      'Shows a moment of the history: goto turn 120, goto turn 120.7 (its seventh event), goto command 5, goto 12:03:07.250, goto change user:7 ' +
      '(when that key has changed last, and by whom). While it is shown, commands are answered as of then, in a copy that is thrown away.',
  },
  {
    name: 'fork',
    arguments: '',
    summary:
      'Opens a second server from the moment that is shown, now or past, on a port of its own, and shows it until Esc leads back; then it ends. It ' +
      'begins with the state of before the turn that is shown; the clients of then are ghosts.',
  },
  {
    name: 'fault',
    arguments: 'name [value] [on target] [next number] | off [number]',
    summary:
      'Spoils something on purpose: fault slice 1 on #3, fault error LOADING on GET user:* next 3. `help fault` lists what can be ' +
      'spoiled. fault off 2 ends the second, fault off all of them.',
  },
  {
    name: 'rule',
    arguments: '[seam [expression | off]]',
    summary:
      "Puts an expression in the place of one of the loop's decisions: rule after-read result === 'WouldBlock' ? 'close' : 'read again'. " +
      'rule after-read shows the textbook\'s and the one in force, rule after-read off ends your own. `help rule` lists the seams.',
  },
  { name: 'faults', arguments: '', summary: 'Lists the faults that are set, with how often each was injected.' },
  {
    name: 'trigger',
    arguments: 'edge | level | default [on #token]',
    summary:
      'Has readiness reported edge- or level-triggered from now on, or as at the start: of one token (on #3, on @name, #0 is the listener), or of all and of ' +
      'those to come.',
  },
  {
    name: 'wait',
    arguments: 'until condition [for duration] | duration',
    summary:
      'Waits, 2 s at most unless a duration is given, until the lab has come to a point: parked or closed (of one client: @name parked), idle, busy, held, ' +
      '12 turns, 0 keys in all, 5 keys expired since the start. With nothing but a duration, wait 300ms, it waits so long.',
  },
  {
    name: 'flood',
    arguments: 'clients commands command',
    summary:
      'Opens so many clients, flood-1 and so on, each of which sends the command so many times in one go, and says when all are answered. ' +
      'Lines go on meanwhile.',
  },
  { name: 'reset lab', arguments: '', summary: 'Ends all other clients of this console, faults, rules and triggering, and empties all databases.' },
  {
    name: 'busy',
    arguments: 'seconds',
    summary: 'Keeps the loop busy for so long: the client sends a script that computes, and everybody else waits. At most 60 s.',
  },
  {
    name: 'herd',
    arguments: '[waiters] [connections] [exclusive]',
    summary:
      'Apart from the server: so many threads (8), each with an epoll of its own, wait for one listener, and so many clients (50) connect one after ' +
      'another. Says how often the kernel woke a thread, and how often in vain. exclusive: with EPOLLEXCLUSIVE.',
  },
  { name: 'learn', arguments: '', summary: 'Leads through the first minute once more: what one thread does for everyone.' },
  {
    name: 'advance',
    arguments: 'duration',
    summary:
      'Turns a virtual clock (--clock virtual) forward, by 250ms, 90s, 15m, 1.5h or 2d: what is due on the way happens in due order, ' +
      'each at its own time.',
  },
  { name: 'clear', arguments: '', summary: 'Empties the transcript.' },
  {
    name: 'help',
    arguments: '[command | @group | word | lab]',
    summary: 'Explains a command, lists a group, explains a word of the screen, or the words of this table.',
  },
  { name: 'quit', arguments: '', summary: 'Leaves the lab; exit does the same. `@a quit` ends the connection of that client only.' },
];

/** The words that can be typed as they are. */
export const TYPED_LAB_WORDS: readonly LabWord[] = LAB_WORDS.filter(({ name }) => /^[a-z]/.test(name));

/** The console's word that a line begins with; null if it is a command for the server. */
export function findLabWord(name: string | undefined): LabWord | null {
  if (name === undefined || name === 'RESET') return null;
  const wanted = name === '?' ? 'help' : name.toLowerCase() === 'exit' ? 'quit' : name.toLowerCase();
  return TYPED_LAB_WORDS.find((word) => word.name === wanted) ?? null;
}

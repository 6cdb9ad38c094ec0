/**
 * HELP of the containers: CONFIG HELP, MEMORY HELP … Each line is a status, as Redis sends it.
 */
import type { CommandDeclaration } from '../../command/command.js';
import { SimpleString } from '../../resp/reply.js';

/** Pairs of a subcommand's usage and explanation, as lines: the usage, followed by the indented explanation. */
export type HelpLines = readonly (readonly [usage: string, explanation: string])[];

export function helpReply(container: string, lines: HelpLines): readonly SimpleString[] {
  const all = [...lines, ['HELP', 'Shows this text.'] as const];
  return [
    `${container} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`,
    ...all.flatMap(([usage, explanation]) => [usage, `    ${explanation}`]),
  ].map((line) => new SimpleString(line));
}

/** The subcommand HELP of a container. */
export function helpCommand(container: string, since: string, lines: HelpLines): CommandDeclaration {
  const reply = helpReply(container.toUpperCase(), lines);
  return {
    name: 'help', since, group: 'server', complexity: 'O(1)',
    summary: `Lists the subcommands of ${container.toUpperCase()}.`,
    syntax: '',
    flags: ['loading', 'stale'],
    run: () => reply,
  };
}

/**
 * The command table as plain data: what a client may know of each command without asking a server.
 *
 * Read by the lab's console for completion, hints, arity and help, through the door of the server. Nothing here runs anything.
 */
import type { CommandFlag, CommandGroup, Command } from '../command/command.js';
import type { Argument } from '../command/syntax.js';
import { commandTable } from './index.js';

export interface CommandReference {
  /** Upper case; a subcommand with its container: `CONFIG GET`. */
  readonly name: string;
  readonly summary: string;
  readonly since: string;
  readonly group: CommandGroup;
  readonly complexity: string;
  /** Words in all, those of the name included; negative: at least so many. */
  readonly arity: number;
  readonly flags: readonly CommandFlag[];
  readonly arguments: readonly Argument[];
  /** Of a container; empty for all others. */
  readonly subcommands: readonly CommandReference[];
}

/** Every command, by name. */
export function commandReference(): readonly CommandReference[] {
  return [...commandTable().values()].map(describe).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function describe(command: Command): CommandReference {
  const { declaration, arity, flags, subcommands } = command;
  return {
    name: command.fullName.replace('|', ' ').toUpperCase(),
    summary: declaration.summary,
    since: declaration.since,
    group: declaration.group,
    complexity: declaration.complexity,
    arity,
    flags: [...flags],
    arguments: command.arguments,
    subcommands: [...(subcommands?.values() ?? [])].map(describe).sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

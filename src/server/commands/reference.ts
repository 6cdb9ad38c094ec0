/**
 * The command table as plain data: what a client may know of each command without asking a server.
 *
 * Used by the lab's console for completion, hints, arity and help, through the server's index.ts. Nothing here executes commands.
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
  /** Number of words, the name included; negative: minimum. */
  readonly arity: number;
  readonly flags: readonly CommandFlag[];
  readonly arguments: readonly Argument[];
  /** Of a container; empty for all other commands. */
  readonly subcommands: readonly CommandReference[];
}

/** Returns every command, by name. */
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

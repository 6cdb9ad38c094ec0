/**
 * What permissions need to know about commands: the keys among the arguments of a request, with how each is used, and the channels.
 */

/** A key that a request names. */
export interface KeyUse {
  /** Its position in argv. */
  readonly position: number;
  /** How the value is used: read (returned or derived from), and changed. Neither: the command only tests whether the key exists. */
  readonly reads: boolean;
  readonly writes: boolean;
}

/** The arguments that are channels: argument 1, all arguments, or all arguments as patterns. */
export type ChannelUse = 'first' | 'all' | 'patterns';

export interface AccessedCommand {
  /** Its number in this server, from 1. */
  readonly number: number;
  readonly fullName: string;
  /** May be run without authentication. */
  readonly needsNoAuth: boolean;
  readonly container: AccessedCommand | null;
  readonly subcommands: ReadonlyMap<string, AccessedCommand> | null;
  readonly channels: ChannelUse | null;
  /** ACL categories, without the @. */
  readonly categories: readonly string[];
  keyUses(argv: readonly string[]): readonly KeyUse[];
}

/** All commands of a server, as rules name them. */
export class CommandCatalog {
  /** Containers before their subcommands. */
  readonly all: readonly AccessedCommand[];
  /** Computed when a rule first names a category. */
  private byCategory: ReadonlyMap<string, readonly AccessedCommand[]> | null = null;

  constructor(
    private readonly commands: ReadonlyMap<string, AccessedCommand>,
    /** The categories, without the @, in Redis's order. */
    readonly categories: readonly string[],
  ) {
    this.all = [...commands.values()].flatMap((command) => [command, ...(command.subcommands?.values() ?? [])]);
  }

  /** Returns the command with a full name in any case: `get`, or `config|get` for a subcommand. */
  find(fullName: string): AccessedCommand | undefined {
    const [name = '', subcommand, ...more] = fullName.toLowerCase().split('|');
    const found = this.commands.get(name);
    if (more.length > 0) return undefined;
    return subcommand === undefined ? found : found?.subcommands?.get(subcommand);
  }

  /** Returns the commands of a category; undefined if there is no such category. */
  inCategory(category: string): readonly AccessedCommand[] | undefined {
    this.byCategory ??= this.groupedByCategory();
    return this.byCategory.get(category.toLowerCase());
  }

  private groupedByCategory(): ReadonlyMap<string, readonly AccessedCommand[]> {
    const groups = new Map(this.categories.map((category) => [category, [] as AccessedCommand[]]));
    for (const command of this.all) for (const category of command.categories) groups.get(category)!.push(command);
    return groups;
  }
}

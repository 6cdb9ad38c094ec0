/**
 * What permissions need of commands: a command names, of its own arguments, the keys with what it does to them, and the channels.
 */

/** A key that a request names. */
export interface KeyUse {
  /** Its position in argv. */
  readonly position: number;
  /** What is done to its value: returned or derived from, and changed. Neither: only that there is such a key is known afterwards. */
  readonly reads: boolean;
  readonly writes: boolean;
}

/** The channels that a request names: argument 1, all arguments, or all arguments as patterns. */
export type ChannelUse = 'first' | 'all' | 'patterns';

export interface AccessedCommand {
  /** Of its own in this server, from 1. */
  readonly number: number;
  readonly fullName: string;
  /** May be run by everybody. */
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
  /** Made when a rule first names a category. */
  private byCategory: ReadonlyMap<string, readonly AccessedCommand[]> | null = null;

  constructor(
    private readonly commands: ReadonlyMap<string, AccessedCommand>,
    /** The categories, without the @, in Redis's order. */
    readonly categories: readonly string[],
  ) {
    this.all = [...commands.values()].flatMap((command) => [command, ...(command.subcommands?.values() ?? [])]);
  }

  /** The command of a full name in any case: `get`, or `config|get` for a subcommand. */
  find(fullName: string): AccessedCommand | undefined {
    const [name = '', subcommand, ...more] = fullName.toLowerCase().split('|');
    const found = this.commands.get(name);
    if (more.length > 0) return undefined;
    return subcommand === undefined ? found : found?.subcommands?.get(subcommand);
  }

  /** The commands of a category; undefined if there is no such category. */
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

/** The command table: every family, by name. */
import { Command, type CommandDeclaration } from '../dispatch/command.js';
import * as bitmap from './bitmap.js';
import * as connection from './connection.js';
import * as generic from './generic.js';
import * as hash from './hash.js';
import * as hyperloglog from './hyperloglog.js';
import * as pubsub from './pubsub.js';
import * as set from './set.js';
import * as sortedSet from './sorted-set.js';
import * as string from './string.js';
import * as transactions from './transactions.js';

const families: readonly { readonly [name: string]: CommandDeclaration }[] = [bitmap, connection, generic, hash, hyperloglog, pubsub, set, sortedSet, string, transactions];

/** All commands, with counters of their own, for one server. */
export function commandTable(): Map<string, Command> {
  return new Map(families.flatMap((family) => Object.values(family).map((declaration) => [declaration.name, new Command(declaration)])));
}

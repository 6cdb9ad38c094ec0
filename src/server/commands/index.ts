/** The command table: every family, by name. */
import { Command, type CommandDeclaration } from '../command/command.js';
import * as acl from './acl.js';
import * as bitmap from './bitmap.js';
import * as commandInfo from './command-info.js';
import * as config from './config.js';
import * as cluster from './cluster.js';
import * as client from './client.js';
import * as connection from './connection.js';
import * as debug from './debug.js';
import * as dump from './dump.js';
import * as geo from './geo.js';
import * as hash from './hash.js';
import * as hyperloglog from './hyperloglog.js';
import * as info from './info.js';
import * as latency from './latency.js';
import * as lolwut from './lolwut.js';
import * as memory from './memory.js';
import * as migrate from './migrate.js';
import * as modules from './modules.js';
import * as replicaof from './replicaof.js';
import * as replicas from './replicas.js';
import * as server from './server.js';
import * as slowlog from './slowlog.js';
import * as failover from './failover.js';
import * as functions from './functions.js';
import * as generic from './generic.js';
import * as list from './list.js';
import * as pubsub from './pubsub.js';
import * as scripting from './scripting.js';
import * as set from './set.js';
import * as sort from './sort.js';
import * as sortedSet from './sorted-set.js';
import * as sortedSetAlgebra from './sorted-set-algebra.js';
import * as sortedSetPops from './sorted-set-pops.js';
import * as sortedSetRanges from './sorted-set-ranges.js';
import * as stream from './stream.js';
import * as streamGroups from './stream-groups.js';
import * as string from './string.js';
import * as transactions from './transactions.js';

const families: readonly { readonly [name: string]: CommandDeclaration }[] = [
  acl, bitmap, client, cluster, commandInfo, config, connection, debug, functions, dump, failover, generic, geo, hash, hyperloglog, info, latency, list, lolwut,
  memory, migrate, modules, pubsub, replicaof, replicas, scripting, server, set, slowlog, sort, sortedSet, sortedSetAlgebra, sortedSetPops, sortedSetRanges,
  stream, streamGroups, string, transactions,
];

/** Returns all commands, with counters of their own, for one server. Sorted by name, so that the order does not depend on how modules are loaded. */
export function commandTable(): Map<string, Command> {
  const declarations = families.flatMap((family) => Object.values(family)).sort((one, other) => (one.name < other.name ? -1 : 1));
  return new Map(declarations.map((declaration) => [declaration.name, new Command(declaration)]));
}

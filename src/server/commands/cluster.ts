/**
 * Commands of a Redis Cluster: CLUSTER and its subcommands, READONLY READWRITE ASKING. This server is not part of a cluster, so each of them replies as Redis
 * does in that case; clients use them to find that out.
 */
import { command, type CommandDeclaration, type CommandFlag } from '../command/command.js';
import * as errors from '../errors.js';

const OPEN: readonly CommandFlag[] = ['stale'];
const ADMIN: readonly CommandFlag[] = ['admin', 'stale'];
const CHANGES: readonly CommandFlag[] = ['admin', 'stale', 'no_async_loading'];
const VARYING = ['nondeterministic_output'] as const;

type Facts = Pick<CommandDeclaration, 'name' | 'summary'> & Partial<CommandDeclaration>;

const disabled = () => errors.CLUSTER_DISABLED;
const subcommand = (facts: Facts): CommandDeclaration => ({
  since: '3.0.0', group: 'cluster', complexity: 'O(1)', syntax: '', flags: OPEN, run: disabled, ...facts,
});

export const cluster = command({
  name: 'cluster', since: '3.0.0', group: 'cluster', complexity: 'Depends on the subcommand.',
  summary: 'A container for commands about a cluster, of which this server is not a part.',
  syntax: '',
  subcommands: [
    subcommand({ name: 'addslots', summary: 'Gives hash slots to this node.', complexity: 'O(N) for N slots', syntax: 'slot:integer...', flags: CHANGES }),
    subcommand({
      name: 'addslotsrange', since: '7.0.0', summary: 'Gives ranges of hash slots to this node.', complexity: 'O(N) for N slots',
      syntax: '{start-slot:integer end-slot:integer}...', flags: CHANGES,
    }),
    subcommand({ name: 'bumpepoch', summary: 'Advances the epoch of the cluster.', flags: CHANGES, tips: VARYING }),
    subcommand({
      name: 'count-failure-reports', summary: 'Counts how many nodes report that a node has failed.', complexity: 'O(N) for N reports',
      syntax: 'node-id', flags: ADMIN, tips: VARYING,
    }),
    subcommand({ name: 'countkeysinslot', summary: 'Counts the keys of a hash slot.', syntax: 'slot:integer' }),
    subcommand({ name: 'delslots', summary: 'Takes hash slots from this node.', complexity: 'O(N) for N slots', syntax: 'slot:integer...', flags: CHANGES }),
    subcommand({
      name: 'delslotsrange', since: '7.0.0', summary: 'Takes ranges of hash slots from this node.', complexity: 'O(N) for N slots',
      syntax: '{start-slot:integer end-slot:integer}...', flags: CHANGES,
    }),
    subcommand({ name: 'failover', summary: 'Makes a replica take the place of its master.', syntax: '[FORCE | TAKEOVER]', flags: CHANGES }),
    subcommand({ name: 'flushslots', summary: 'Takes all hash slots from this node.', flags: CHANGES }),
    subcommand({ name: 'forget', summary: 'Removes a node from the table of nodes.', syntax: 'node-id', flags: CHANGES }),
    subcommand({
      name: 'getkeysinslot', summary: 'Returns keys of a hash slot.', complexity: 'O(N) for N keys',
      syntax: 'slot:integer count:integer', tips: VARYING,
    }),
    subcommand({ name: 'help', since: '5.0.0', summary: 'Would list the subcommands.', flags: ['loading', 'stale'] }),
    subcommand({ name: 'info', summary: 'Returns the state of the cluster.', tips: VARYING }),
    subcommand({ name: 'keyslot', summary: 'Returns the hash slot of a key.', complexity: 'O(N) for a key of N bytes', syntax: 'key:string' }),
    subcommand({ name: 'links', since: '7.0.0', summary: 'Lists the connections between nodes.', complexity: 'O(N) for N nodes', tips: VARYING }),
    subcommand({
      name: 'meet', summary: 'Makes this node greet another one.', syntax: 'ip port:integer [cluster-bus-port:integer]', flags: CHANGES,
      history: [['4.0.0', 'The port of the cluster bus.']],
    }),
    subcommand({ name: 'myid', summary: 'Returns the ID of this node.' }),
    subcommand({ name: 'nodes', summary: 'Lists the nodes.', complexity: 'O(N) for N nodes', tips: VARYING }),
    subcommand({ name: 'replicas', since: '5.0.0', summary: 'Lists the replicas of a node.', syntax: 'node-id', flags: ADMIN, tips: VARYING }),
    subcommand({ name: 'replicate', summary: 'Makes this node a replica of another one.', syntax: 'node-id', flags: CHANGES }),
    subcommand({
      name: 'reset', summary: 'Resets this node to its state before it joined.', complexity: 'O(N) for N nodes',
      syntax: '[HARD | SOFT]', flags: ['admin', 'noscript', 'stale'],
    }),
    subcommand({ name: 'saveconfig', summary: 'Writes the state of the cluster to disk.', flags: CHANGES }),
    subcommand({ name: 'set-config-epoch', summary: 'Sets the epoch of a new node.', syntax: 'config-epoch:integer', flags: CHANGES }),
    subcommand({
      name: 'setslot', summary: 'Says which node a hash slot belongs to.',
      syntax: 'slot:integer (IMPORTING node-id | MIGRATING node-id | NODE node-id | STABLE)', flags: CHANGES,
    }),
    subcommand({
      name: 'shards', since: '7.0.0', summary: 'Lists the nodes by the hash slots they have in common.', complexity: 'O(N) for N nodes',
      tips: VARYING,
    }),
    subcommand({
      name: 'slaves', summary: 'Lists the replicas of a node.', syntax: 'node-id', flags: ADMIN, tips: VARYING,
      documentation: ['deprecated'], deprecatedSince: '5.0.0', replacedBy: '`CLUSTER REPLICAS`',
    }),
    subcommand({
      name: 'slots', summary: 'Lists which node has which hash slots.', complexity: 'O(N) for N nodes', tips: VARYING,
      documentation: ['deprecated'], deprecatedSince: '7.0.0', replacedBy: '`CLUSTER SHARDS`',
      history: [['4.0.0', 'IDs of nodes.'], ['7.0.0', 'More about their addresses.']],
    }),
  ],
});

export const readonly = command({
  name: 'readonly', since: '3.0.0', group: 'cluster', complexity: 'O(1)',
  summary: 'Lets the client read from a replica of a cluster.',
  syntax: '',
  flags: ['loading', 'stale', 'fast'],
  categories: ['connection'],
  run: disabled,
});

export const readwrite = command({
  name: 'readwrite', since: '3.0.0', group: 'cluster', complexity: 'O(1)',
  summary: 'Ends what READONLY has begun.',
  syntax: '',
  flags: ['loading', 'stale', 'fast'],
  categories: ['connection'],
  run: disabled,
});

export const asking = command({
  name: 'asking', since: '3.0.0', group: 'cluster', complexity: 'O(1)',
  summary: 'Announces a command for a hash slot that is being moved here.',
  syntax: '',
  flags: ['fast'],
  categories: ['connection'],
  run: disabled,
});

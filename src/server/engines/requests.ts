/**
 * Requests: answers the requests of one client. Commands about keys go to the shared keyspace; those about the connection are answered here, as far as
 * redis-cli and client libraries need them to connect.
 */
import { SHARED_COMMANDS, type SharedKeyspace } from '../arena/keyspace.js';
import * as errors from '../errors.js';
import type { RespVersion } from '../resp/encoder.js';
import { mapReply, MapReply, OK, PONG, type Reply } from '../resp/reply.js';
import { REDIS_VERSION } from '../version.js';
import { ENGINE_COMMANDS } from './command-names.js';
import { describe } from './info.js';
import type { ConnectionData } from './protocol.js';

type Argv = readonly string[];

interface ConnectionCommand {
  /** Number of arguments, the name included; negative: the minimum. */
  readonly arity: number;
  readonly run: (requests: Requests, argv: Argv) => Reply;
}

const CONNECTION_COMMANDS: ReadonlyMap<string, ConnectionCommand> = new Map<string, ConnectionCommand>([
  ['ping', { arity: -1, run: (_, argv) => (argv.length > 2 ? errors.wrongArity('ping') : (argv[1] ?? PONG)) }],
  ['echo', { arity: 2, run: (_, argv) => argv[1]! }],
  ['hello', { arity: -1, run: (requests, argv) => requests.greet(argv) }],
  ['info', { arity: -1, run: (requests) => requests.info() }],
  ['client', { arity: -2, run: (requests, argv) => requests.client(argv) }],
  // redis-cli asks this for completion and hints: there are none.
  ['command', { arity: -1, run: (_, argv) => (argv[1]?.toLowerCase() === 'docs' ? new MapReply([]) : []) }],
  ['select', { arity: 2, run: (_, argv) => (argv[1] === '0' ? OK : errors.DB_INDEX_OUT_OF_RANGE) }],
  ['monitor', { arity: 1, run: (requests) => requests.monitor() }],
  ['quit', { arity: -1, run: (requests) => requests.quit() }],
]);

export class Requests {
  version: RespVersion = 2;
  /** The client has sent QUIT. */
  isOver = false;
  /** The client has sent MONITOR: from then on it only listens. */
  isMonitor = false;
  private name = '';

  constructor(
    private readonly data: ConnectionData,
    private readonly keyspace: SharedKeyspace,
    /** Makes the client a sink; false if the maximum number of sinks is reached. */
    private readonly openSink: () => boolean,
  ) {}

  /** Never throws an ErrorReply. */
  execute(argv: Argv): Reply {
    const name = argv[0]!.toLowerCase();
    const shared = SHARED_COMMANDS.get(name);
    if (shared !== undefined) return accepts(shared.arity, argv) ? this.keyspace.run(shared, argv) : errors.wrongArity(name);
    const own = CONNECTION_COMMANDS.get(name);
    if (own === undefined) return errors.notOfThreads(argv[0]!, ENGINE_COMMANDS);
    return accepts(own.arity, argv) ? own.run(this, argv) : errors.wrongArity(name);
  }

  greet(argv: Argv): Reply {
    const version = argv.length > 1 ? Number(argv[1]) : this.version;
    if (!Number.isInteger(version)) return errors.PROTOCOL_VERSION_NOT_A_NUMBER;
    if (version !== 2 && version !== 3) return errors.NO_PROTOCOL_VERSION;
    const option = argv[2];
    if (option !== undefined && (option.toUpperCase() !== 'SETNAME' || argv.length !== 4)) return errors.helloOption(option);
    this.name = argv[3] ?? this.name;
    this.version = version;
    return mapReply({ server: 'redis', version: REDIS_VERSION, proto: version, id: this.data.id, mode: 'standalone', role: 'master', modules: [] });
  }

  info(): string {
    return describe(this.data);
  }

  client(argv: Argv): Reply {
    const subcommand = argv[1]!.toLowerCase();
    if (subcommand === 'id' && argv.length === 2) return this.data.id;
    if (subcommand === 'getname' && argv.length === 2) return this.name === '' ? null : this.name;
    if (subcommand !== 'setname' || argv.length !== 3) return errors.unknownSubcommand('client', argv[1]!);
    this.name = argv[2]!;
    return OK;
  }

  monitor(): Reply {
    this.isMonitor = this.openSink();
    return this.isMonitor ? OK : errors.MAX_CLIENTS;
  }

  quit(): Reply {
    this.isOver = true;
    return OK;
  }
}

const accepts = (arity: number, { length }: Argv): boolean => (arity >= 0 ? length === arity : length >= -arity);

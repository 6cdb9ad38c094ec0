/**
 * Answers a command as of a past moment: executes it in a server that is discarded afterwards, because even a GET changes
 * a server's state.
 */
import { NOWHERE } from '../command/nowhere.js';
import { Session, type Transport } from '../command/session.js';
import { encode, type ByteSink } from '../resp/encoder.js';
import { NO_REPLY } from '../resp/reply.js';
import type { Server } from '../server.js';
import type { Question } from './protocol.js';
import { NO_SUCH_MOMENT, type RouteFinder } from './route-finder.js';
import { TapeStore } from './tape-store.js';
import { Twin } from './twin.js';

/** How long a command may take. */
const LIMIT_MS = 2000;

/** No connection has this token. */
const NOBODY = 0;

/** Returns the reply as RESP bytes. Throws an Error if there is no such moment or database, or the command takes too long. */
export function answerAt(finder: RouteFinder, question: Question): Uint8Array {
  const route = finder.at(question.at);
  let reply: Uint8Array | null = null;
  const twin = new Twin(route, new TapeStore(route.tape), () => {
    if (twin.moment.turn === question.at.turn) reply = twin.replay.detach(LIMIT_MS, (server) => execute(server, question));
    twin.abandon();
  });
  twin.run();
  if (reply === null) throw new Error(NO_SUCH_MOMENT);
  return reply;
}

function execute(server: Server, { argv, protocol, db }: Question): Uint8Array {
  const output = new Output();
  const session = new Session(NOBODY, server, nowhere(output));
  session.user = server.users.superuser();
  session.authenticated = true;
  session.version = protocol;
  // A command that would block times out at once.
  session.deniesBlocking = true;
  const database = server.keyspace.databases[db];
  if (database === undefined) throw new Error(`there is no database ${db}`);
  session.db = database;
  // CLIENT PAUSE does not hold the question back.
  if (server.pause.mode !== 0) server.pause.end();
  server.tap.sink = null;
  const reply = server.dispatcher.dispatch(session, argv);
  if (reply !== NO_REPLY) encode(output, reply, session.version);
  return output.buffer.subarray(0, output.position);
}

/** Push messages to the asking client are part of the answer. */
const nowhere = (output: Output): Transport => ({ ...NOWHERE, send: (reply, version) => encode(output, reply, version) });

class Output implements ByteSink {
  buffer = Buffer.alloc(1024);
  position = 0;

  reserve(bytes: number): void {
    if (this.position + bytes <= this.buffer.length) return;
    const larger = Buffer.alloc(Math.max(this.buffer.length * 2, this.position + bytes));
    this.buffer.copy(larger, 0, 0, this.position);
    this.buffer = larger;
  }
}

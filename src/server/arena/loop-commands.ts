/**
 * The commands of the threads for a loop: its own declarations, with the shared keyspace instead of its own. So the cost of the engine and that of the data
 * structure can be measured separately; a single thread never waits for the lock.
 */
import { Command } from '../command/command.js';
import { commandTable } from '../commands/index.js';
import { SHARED_COMMANDS, SharedKeyspace } from './keyspace.js';
import { Lock } from './lock.js';
import { createMemory, SharedTable } from './shared-table.js';

/** Commands about the connection that the threads have as well. */
const CONNECTION_COMMANDS = ['ping', 'echo', 'hello', 'info', 'client', 'command', 'select', 'monitor', 'quit'];

const NOBODY = { waits() {}, holds() {}, released() {} };

/** @param bytes size of the keyspace's memory. Throws RangeError for a size beyond the limits */
export function sharedCommandTable(bytes: number): Map<string, Command> {
  const memory = createMemory(bytes);
  const keyspace = new SharedKeyspace(new SharedTable(memory), new Lock(memory, NOBODY));
  const all = commandTable();
  const table = new Map(CONNECTION_COMMANDS.map((name) => [name, all.get(name)!]));
  for (const [name, shared] of SHARED_COMMANDS) {
    table.set(name, new Command({ ...all.get(name)!.declaration, run: (argv) => keyspace.run(shared, argv) }));
  }
  return table;
}

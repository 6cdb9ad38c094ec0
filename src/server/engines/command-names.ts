/**
 * The commands of the engine of threads, for those that are told of them and load none of it: about keys (arena/keyspace.ts) and about the connection
 * (requests.ts).
 */
export const ENGINE_COMMANDS: readonly string[] = [
  'SET', 'GET', 'DEL', 'INCR', 'EXISTS', 'TTL', 'DBSIZE', 'PING', 'ECHO', 'MONITOR', 'HELLO', 'INFO', 'CLIENT', 'COMMAND', 'SELECT', 'QUIT',
];

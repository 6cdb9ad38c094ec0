/**
 * The command names of the engine of threads, for code that must not load the engine: commands about keys (arena/keyspace.ts) and about the connection
 * (requests.ts).
 */
export const ENGINE_COMMANDS: readonly string[] = [
  'SET', 'GET', 'DEL', 'INCR', 'EXISTS', 'TTL', 'DBSIZE', 'PING', 'ECHO', 'MONITOR', 'HELLO', 'INFO', 'CLIENT', 'COMMAND', 'SELECT', 'QUIT',
];

/** Conversion of replies to Lua values: only what a script may get. All else is in test/conformance/transcripts/scripting.txt. */
import { expect, test } from 'vitest';
import { ListpackReply } from '../../../src/server/keyspace/types/listpack-reply.js';
import { packElements } from '../../../src/server/keyspace/types/listpack-text.js';
import { Bytes, type Reply } from '../../../src/server/resp/reply.js';
import { pushReply } from '../../../src/server/scripting/conversion.js';
import type { LuaState } from '../../../src/server/scripting/lua-state.js';

test.each<[type: string, reply: Reply]>([
  ['in-place', new ListpackReply(packElements(['a']), 0, 1, 1)],
  ['bytes', new Bytes(Buffer.from('a'))],
])('a reply of type %s is for clients only: a script never gets nil instead of it', (type, reply) => {
  for (const version of [2, 3] as const) expect(() => pushReply({} as LuaState, reply, version)).toThrow(`a reply of a type for scripts was expected, got ${type}`);
});

// A server of its own for every test, gone when the test is over: nothing to install, no port to agree on, nothing to clean up.
//
//   node --test examples/in-a-test.test.mjs       (the same with vitest: import test from there, and onTestFinished for t.after)
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'redis';
import { createServer } from 'redis-lab';

/** What is tested: at most `limit` calls of one user in a window. */
async function isAllowed(redis, user, limit, windowSeconds) {
  const key = `calls:${user}`;
  const [calls] = await redis.multi().incr(key).expire(key, windowSeconds, 'NX').exec();
  return calls <= limit;
}

async function connect(t) {
  const server = await createServer({ port: 0 });
  const redis = await createClient({ url: server.url }).connect();
  t.after(async () => {
    await redis.close();
    await server.close();
  });
  return { server, redis };
}

test('the third call of a user is one too many, and the others are not affected', async (t) => {
  const { redis } = await connect(t);
  const answers = [];
  for (const user of ['ann', 'ann', 'bob', 'ann']) answers.push(await isAllowed(redis, user, 2, 60));
  assert.deepEqual(answers, [true, true, true, false]);
});

test('every window ends', async (t) => {
  const { server, redis } = await connect(t);
  await isAllowed(redis, 'ann', 2, 60);
  await isAllowed(redis, 'ann', 2, 60);
  // The server can be looked into, so that no test has to wait for a minute.
  const { keys, nowMs } = await server.snapshot();
  assert.deepEqual(keys.rows.map(({ key }) => key), ['calls:ann']);
  assert.ok(keys.rows[0].expireAtMs <= nowMs + 60_000);
});

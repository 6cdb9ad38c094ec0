// Stops the loop, takes one command through it event by event, then stops again right before a command that deletes.
//
//   node examples/step-through.mjs
import { Redis } from 'ioredis';
import { createServer } from 'redis-lab';

const server = await createServer({ port: 0 });
const redis = new Redis(server.url);
await redis.set('counter', 41, 'EX', 60);

// The loop itself stands still now, and its clock with it: the key does not grow older.
await server.pause();
const reply = redis.incr('counter');
let event;
do {
  event = await server.step('event');
  console.log(describe(event));
} while (event.kind !== 'write');
console.log(`the client got ${await reply}`);

// A running loop stops by itself where a breakpoint says so: here before it executes DEL.
await server.setBreakpoints([{ command: 'del' }]);
await server.resume();
const deleted = redis.del('counter');
const held = await nextHold();
console.log(`held before ${held.argv.join(' ')}; keys now: ${await keys()}`);
await server.resume();
console.log(`DEL answered ${await deleted}; keys now: ${await keys()}`);

redis.disconnect();
await server.close();

function describe({ kind, ...details }) {
  return `${kind.padEnd(10)} ${Object.entries(details).map(([name, value]) => `${name}=${typeof value === 'number' ? Math.round(value) : JSON.stringify(value)}`).join(' ')}`;
}

function nextHold() {
  return new Promise((resolve) => {
    const stop = server.onHeld((event) => {
      if (event === null) return;
      stop();
      resolve(event);
    });
  });
}

async function keys() {
  const { rows } = (await server.snapshot()).keys;
  return rows.map(({ key }) => key).join(' ') || 'none';
}

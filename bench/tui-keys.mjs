// How long the screen takes to answer a key while redis-benchmark keeps the loop busy: from the byte written to the terminal to the first output that shows its effect.
import { Lab, load, sleep } from './tui-lab.mjs';

const KEYS = 60;

/** Keys in an order that returns to the initial state, and the output that shows that each was handled: no earlier frame can contain it. */
const ROUND = [
  { key: '?', name: 'help', shows: /Help: Loop/ },
  { key: '?', name: 'help', shows: /1 Loop/ },
  { key: '\t', name: 'focus', shows: /\x1b\[7m 2 Tokens/ },
  { key: '\x1b[Z', name: 'focus', shows: /\x1b\[7m 1 Loop/ },
  { key: ' ', name: 'pause', shows: /PAUSED/ },
  { key: ' ', name: 'resume', shows: /LIVE/ },
];

/** @returns {Promise<{ all: number[], byName: Map<string, number[]> }>} milliseconds */
export async function answerTimes(pipeline) {
  const lab = new Lab(120, 40);
  const port = await lab.ready();
  lab.type('\x1b');
  await lab.saw(/\x1b\[7m 1 Loop/);
  const busy = load(port, ['-t', 'get', '-c', 50, '-P', pipeline, '-l']);
  await sleep(2000);
  const all = [];
  const byName = new Map();
  for (let i = 0; i < KEYS; i++) {
    const { key, name, shows } = ROUND[i % ROUND.length];
    // At any moment between two frames.
    await sleep(50 + ((i * 37) % 100));
    lab.forget();
    const began = performance.now();
    lab.type(key);
    await lab.saw(shows);
    const elapsed = performance.now() - began;
    all.push(elapsed);
    byName.set(name, [...(byName.get(name) ?? []), elapsed]);
  }
  await busy.stop();
  lab.stop();
  return { all, byName };
}

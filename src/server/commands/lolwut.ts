/** LOLWUT: a small piece of generated art, and the version. */
import { command, type Argv } from '../command/command.js';
import { Verbatim, type Reply } from '../resp/reply.js';
import { REDIS_VERSION } from '../version.js';
import { integer } from './support/arguments.js';

const SHADES = ' .:-=+*#%@';

export const lolwut = command({
  name: 'lolwut', since: '5.0.0', group: 'server', complexity: '',
  summary: 'Draws something, and returns the version.',
  syntax: '[VERSION version:integer]',
  flags: ['readonly', 'fast'],
  run: (argv, _db, session) => lolwutReply(argv, session.server.random),
});

/** `VERSION 5 [columns] [rows]` and `VERSION 6 [columns] [rows]` draw; every other version only returns the server's version. */
function lolwutReply(argv: Argv, random: () => number): Reply {
  const signature = `Redis ver. ${REDIS_VERSION}\n`;
  if (argv.length < 3 || argv[1]!.toUpperCase() !== 'VERSION') return new Verbatim(signature);
  const [version = 0, columns = 66, rows = 16] = argv.slice(2).map((word) => integer(word));
  const width = Math.min(Math.max(columns, 1), 1000);
  const height = Math.min(Math.max(rows, 1), 1000);
  if (version === 5) return new Verbatim(`${interference(width, height, random)}\nTwo drops in a pond. ${signature}`);
  if (version === 6) return new Verbatim(`${turns(width, height, random)}\nA loop, turn after turn. ${signature}`);
  return new Verbatim(signature);
}

/** The interference of circular waves from two points. */
function interference(columns: number, rows: number, random: () => number): string {
  const drops = Array.from({ length: 2 }, () => ({ x: random() * columns, y: random() * rows, length: 2 + random() * 3 }));
  return draw(columns, rows, (x, y) => {
    // A character is about twice as high as it is wide.
    const waves = drops.map((drop) => Math.cos(Math.hypot(x - drop.x, 2 * (y - drop.y)) / drop.length));
    return (waves[0]! + waves[1]! + 2) / 4;
  });
}

/** A spiral. */
function turns(columns: number, rows: number, random: () => number): string {
  const arms = 1 + Math.floor(random() * 4);
  const phase = random() * 2 * Math.PI;
  return draw(columns, rows, (x, y) => {
    const [dx, dy] = [x - columns / 2, 2 * (y - rows / 2)];
    return (Math.sin(Math.hypot(dx, dy) / 2 + arms * Math.atan2(dy, dx) + phase) + 1) / 2;
  });
}

function draw(columns: number, rows: number, shade: (x: number, y: number) => number): string {
  const shaded = (value: number): string => SHADES[Math.min(SHADES.length - 1, Math.floor(value * SHADES.length))]!;
  const line = (y: number): string => Array.from({ length: columns }, (_, x) => shaded(shade(x, y))).join('');
  return `${Array.from({ length: rows }, (_, y) => line(y)).join('\n')}\n`;
}

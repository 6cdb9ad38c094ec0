// How Ink is bundled: what it loads but the screen has no use for is left out, and its tokenizer remembers rows.
// Measured: a bundle opens in a third of the time that the packages take, and a frame costs half with the memory (docs/decisions.md).
import { fileURLToPath } from 'node:url';

const TOKENIZER = fileURLToPath(new URL('remembering-tokenizer.mjs', import.meta.url));

/** Ink's module that turns a frame into rows. Another version of Ink may have it elsewhere: then the build fails, instead of being slow. */
const INK_OUTPUT = 'ink/build/output.js';

/** Modules of which the screen needs nothing, and what stands for them. */
const EMPTY = [
  // Developer tools, a megabyte with their websockets.
  [/^react-devtools-core$/, 'export default {};'],
  [/^\.\/devtools\.js$/, 'export {};'],
  // The lab unmounts by itself, in an order of its own.
  [/^signal-exit$/, 'export default () => () => {};'],
  [/^restore-cursor$/, 'export default () => {};'],
  // Only shows where a component has thrown.
  [/^stack-utils$/, 'export default class { static nodeInternals() { return []; } parseLine() { return null; } }'],
];

export const bundleInk = {
  name: 'bundle-ink',
  setup(build) {
    for (const [filter, contents] of EMPTY) {
      build.onResolve({ filter }, ({ importer, path }) => (importer.includes('node_modules') ? { path, namespace: 'empty', pluginData: contents } : undefined));
    }
    // Only for Ink's own output: others cut tokens to pieces.
    let isTokenizerReplaced = false;
    build.onStart(() => void (isTokenizerReplaced = false));
    build.onResolve({ filter: /^@alcalzone\/ansi-tokenize$/ }, ({ importer }) => {
      if (!importer.endsWith(INK_OUTPUT)) return undefined;
      isTokenizerReplaced = true;
      return { path: TOKENIZER };
    });
    build.onEnd(() => (isTokenizerReplaced ? {} : { errors: [{ text: `${INK_OUTPUT} no longer imports ansi-tokenize, so its tokenizer was not replaced` }] }));
    build.onLoad({ filter: /.*/, namespace: 'empty' }, ({ pluginData }) => ({ contents: pluginData }));
  },
};

/** React's development mode costs half as much again, and leaks. */
export const PRODUCTION = { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' };

// Bundles Ink: modules that the screen does not use are left out, its tokenizer caches rows, and it measures characters as the screen does.
// Measured: a bundle loads in a third of the time of the packages, and with the cache a frame costs half (docs/decisions.md).
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

const YOGA = fileURLToPath(new URL('yoga.mjs', import.meta.url));

/** Waiting at the top level of a module, which a bundle that is loaded as CommonJS cannot do: these modules are only for developers of Ink. */
const WAITS = [
  [/await import\('\.\/devtools\.js'\);/, ''],
  [/await loadPackageJson\(\)/, '{}'],
];

/** Ink's module that turns a frame into rows. Another version of Ink may have it elsewhere: then the build fails, instead of being slow. */
const INK_OUTPUT = 'ink/build/output.js';

/** Modules that the screen does not need, and their replacements. */
const EMPTY = [
  // Developer tools, a megabyte with their websockets.
  [/^react-devtools-core$/, 'export default {};'],
  [/^\.\/devtools\.js$/, 'export {};'],
  // The lab unmounts the screen itself, in its own order.
  [/^signal-exit$/, 'export default () => () => {};'],
  [/^restore-cursor$/, 'export default () => {};'],
  // Only shows where a component has thrown.
  [/^stack-utils$/, 'export default class { static nodeInternals() { return []; } parseLine() { return null; } }'],
];

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

/** Replacements of the packages that this module loads. Only for this module: others split tokens, and measure text that is not drawn. */
const REPLACED = new Map([
  ['@alcalzone/ansi-tokenize', here('remembering-tokenizer.mjs')],
  ['string-width', here('screen-width.mjs')],
]);

export const bundleInk = {
  name: 'bundle-ink',
  setup(build) {
    for (const [filter, contents] of EMPTY) {
      build.onResolve({ filter }, ({ importer, path }) => (importer.includes('node_modules') ? { path, namespace: 'empty', pluginData: contents } : undefined));
    }
    const missing = new Set();
    build.onStart(() => REPLACED.forEach((_, name) => missing.add(name)));
    build.onResolve({ filter: /^(?:@alcalzone\/ansi-tokenize|string-width)$/ }, ({ importer, path }) => {
      if (!importer.endsWith(INK_OUTPUT)) return undefined;
      missing.delete(path);
      return { path: REPLACED.get(path) };
    });
    // For all other importers; its own file is found by its path.
    build.onResolve({ filter: /^string-width$/ }, () => ({ path: here('lazy-string-width.mjs') }));
    build.onResolve({ filter: /^string-width\/index\.js$/ }, () => ({ path: here('../node_modules/string-width/index.js') }));
    build.onEnd(() => ({ errors: [...missing].map((name) => ({ text: `${INK_OUTPUT} no longer imports ${name}, so it was not replaced` })) }));
    build.onResolve({ filter: /^yoga-layout$/ }, () => ({ path: YOGA }));
    // Its package exports only the module with top-level await.
    build.onResolve({ filter: /^yoga-layout\/dist\// }, ({ path }) => ({ path: fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url)) }));
    build.onLoad({ filter: /\/node_modules\/.*\.[cm]?js$/ }, async ({ path }) => {
      const text = readFileSync(path, 'utf8');
      return { contents: await minified(path.endsWith('ink/build/reconciler.js') ? withoutWaits(text) : text) };
    });
    build.onLoad({ filter: /.*/, namespace: 'empty' }, ({ pluginData }) => ({ contents: pluginData }));
  },
};

/** Code of packages is minified: half the bytes, which V8 parses at every start without a code cache. */
async function minified(text) {
  return (await transform(text, { minify: true, define: PRODUCTION, legalComments: 'none' })).code;
}

function withoutWaits(text) {
  return WAITS.reduce((patched, [pattern, replacement]) => {
    if (!pattern.test(patched)) throw new Error(`Ink's reconciler has no ${pattern} any more: look at what it waits for.`);
    return patched.replace(pattern, replacement);
  }, text);
}

/** React's development mode costs half as much again, and leaks. */
export const PRODUCTION = { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' };

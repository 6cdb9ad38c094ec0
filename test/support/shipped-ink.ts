/**
 * A plugin of vitest by which tests draw with Ink as the lab ships it: bundled by `scripts/bundle-ink.mjs`, with React in production mode and a tokenizer that
 * caches rows. It is what people see, and takes half of the CPU time that the packages take.
 */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin as BundlerPlugin } from 'esbuild';
import type { Plugin } from 'vite';
// @ts-expect-error A script has no declarations.
import { bundleInk, PRODUCTION } from '../../scripts/bundle-ink.mjs';

/** Whoever draws waits for the layout engine, as the lab does. */
const WHEN_LOADED = `import { loaded } from 'yoga-layout'; await loaded;`;

/** What replaces the packages that tests and sources import: modules that share one React and one layout engine. */
const MODULES: { readonly [name: string]: string } = {
  ink: `${WHEN_LOADED} export * from 'ink';`,
  'ink-testing-library': `${WHEN_LOADED} export * from 'ink-testing-library';`,
  'yoga-layout': `export * from 'yoga-layout';`,
  'react/jsx-runtime': `export { Fragment, jsx, jsxs } from 'react/jsx-runtime';`,
  // Vitest transforms JSX for development, of which React in production mode knows nothing.
  'react/jsx-dev-runtime': `export { Fragment, jsx as jsxDEV } from 'react/jsx-runtime';`,
};

const fileOf = (name: string): string => name.replace('/', '-');

const entries: BundlerPlugin = {
  name: 'entries',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^entry:/ }, ({ path }) => ({ path: path.slice('entry:'.length), namespace: 'entry' }));
    onLoad({ filter: /.*/, namespace: 'entry' }, ({ path }) => ({ contents: MODULES[path]!, resolveDir: fileURLToPath(new URL('../..', import.meta.url)) }));
  },
};

/** Bundled for the first test that draws. */
export function shippedInk(): Plugin {
  let built: Promise<string> | undefined;
  return {
    name: 'shipped-ink',
    enforce: 'pre',
    async resolveId(name) {
      if (!Object.hasOwn(MODULES, name)) return undefined;
      built ??= bundle();
      return join(await built, `${fileOf(name)}.mjs`);
    },
  };
}

/** Resolves with the folder of the modules; what is in one of that name is imported as it is. */
async function bundle(): Promise<string> {
  const folder = join(mkdtempSync(join(process.env.RUN_FOLDER!, 'ink-')), 'node_modules');
  await build({
    entryPoints: Object.keys(MODULES).map((name) => ({ in: `entry:${name}`, out: fileOf(name) })),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    define: PRODUCTION as { [name: string]: string },
    plugins: [entries, bundleInk as BundlerPlugin],
    // For packages in CommonJS.
    banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` },
    logLevel: 'warning',
  });
  return folder;
}

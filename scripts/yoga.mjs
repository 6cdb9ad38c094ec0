// Replaces the entry of yoga-layout, which awaits its WebAssembly at the top level of the module: a bundle loaded as CommonJS cannot do that.
// The screen waits for `loaded` before it draws.
import loadYoga from 'yoga-layout/dist/binaries/yoga-wasm-base64-esm.js';
import wrapAssembly from 'yoga-layout/dist/src/wrapAssembly.js';

let yoga;
export const loaded = loadYoga().then((assembly) => {
  yoga = wrapAssembly(assembly);
});
export { yoga as default };
export * from 'yoga-layout/dist/src/generated/YGEnums.js';

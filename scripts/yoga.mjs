// Stands for the entry of yoga-layout, which waits for its WebAssembly at the top level of the module: a bundle that is loaded as CommonJS cannot wait there.
// The screen waits for `loaded` before it draws.
import loadYoga from 'yoga-layout/dist/binaries/yoga-wasm-base64-esm.js';
import wrapAssembly from 'yoga-layout/dist/src/wrapAssembly.js';

let yoga;
export const loaded = loadYoga().then((assembly) => {
  yoga = wrapAssembly(assembly);
});
export { yoga as default };
export * from 'yoga-layout/dist/src/generated/YGEnums.js';

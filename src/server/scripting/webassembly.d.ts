/** The part of WebAssembly's interface that the engine uses: it belongs to the language's hosts, so the types of the language leave it out. */
declare global {
  namespace WebAssembly {
    class Module {
      constructor(bytes: Uint8Array);
    }
    class Instance {
      constructor(module: Module, imports: Imports);
      readonly exports: { readonly [name: string]: unknown };
    }
    interface Memory {
      readonly buffer: ArrayBuffer;
      grow(pages: number): number;
    }
    interface Table {
      get(index: number): (...args: number[]) => number;
      set(index: number, value: unknown): void;
      grow(by: number): number;
    }
    interface Imports {
      [module: string]: { [name: string]: (...args: number[]) => unknown };
    }
  }
}

export {};

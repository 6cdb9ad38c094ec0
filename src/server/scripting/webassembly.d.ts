/** The part of WebAssembly's interface that the engine uses: hosts define it, so it is not among the types of the language. */
declare global {
  namespace WebAssembly {
    /** Compiled code. */
    interface Module {
      readonly [Symbol.toStringTag]: string;
    }
    interface Instance {
      readonly exports: { readonly [name: string]: unknown };
    }
    const Module: new (bytes: Uint8Array) => Module;
    const Instance: new (module: Module, imports: Imports) => Instance;
    interface Memory {
      readonly buffer: ArrayBuffer;
      grow(pages: number): number;
    }
    interface Table {
      readonly length: number;
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

/**
 * Runs a loop of the course, which is a class with `bind` and `runOnce`: `const loop = Loop.bind(poll, address); for (;;) loop.runOnce();`
 */
interface Loop {
  runOnce(): void;
}

interface LoopClass {
  bind(poll: unknown, address: string): Loop;
}

/** The port of its listener, or the next free one. */
const FIRST_PORT = 7000;
const PORTS_TRIED = 20;

export function findLoop(exports: { readonly [name: string]: unknown }): LoopClass | null {
  return (Object.values(exports).find(isLoop) as LoopClass | undefined) ?? null;
}

function isLoop(value: unknown): boolean {
  const { bind, prototype } = Object(value) as { bind?: unknown; prototype?: { runOnce?: unknown } };
  return typeof value === 'function' && typeof bind === 'function' && typeof prototype?.runOnce === 'function';
}

/** Never returns, unless the loop throws. */
export async function turn(loop: LoopClass, pollUrl: string): Promise<void> {
  const { Poll } = (await import(pollUrl)) as { Poll: new () => unknown };
  const bound = bindTo(loop, new Poll());
  for (;;) bound.runOnce();
}

function bindTo(loop: LoopClass, poll: unknown): Loop {
  for (let port = FIRST_PORT; ; port++) {
    try {
      return loop.bind(poll, `127.0.0.1:${port}`);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'EADDRINUSE' || port === FIRST_PORT + PORTS_TRIED) throw error;
    }
  }
}

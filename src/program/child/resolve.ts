/**
 * So that a program in any folder finds `redis-lab/poll`: that of this very package, whose trace the lab understands.
 */
import * as modules from 'node:module';

type Resolve = (specifier: string, context: unknown, next: (specifier: string, context: unknown) => unknown) => unknown;

/** As of Node 22.15; earlier, hooks run on a thread of their own. */
type RegisterHooks = (hooks: { readonly resolve: Resolve }) => void;

export function resolveOwnPackage(pollUrl: string, testingUrl: string): void {
  const own: { readonly [specifier: string]: string } = { 'redis-lab/poll': pollUrl, 'redis-lab/testing': testingUrl };
  const { registerHooks } = modules as unknown as { registerHooks?: RegisterHooks };
  if (registerHooks !== undefined) {
    const resolve: Resolve = (specifier, context, next) =>
      Object.hasOwn(own, specifier) ? { url: own[specifier], shortCircuit: true } : next(specifier, context);
    return registerHooks({ resolve });
  }
  const source = `const own = ${JSON.stringify(own)};
export const resolve = (specifier, context, next) => (Object.hasOwn(own, specifier) ? { url: own[specifier], shortCircuit: true } : next(specifier, context));`;
  modules.register(`data:text/javascript,${encodeURIComponent(source)}`);
}

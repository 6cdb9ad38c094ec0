/**
 * Lets a program in any folder import `redis-lab/poll`: it gets this package, whose trace the lab understands.
 */
import * as modules from 'node:module';
import { REFUSAL, REFUSED } from './refused.js';

type Resolve = (specifier: string, context: unknown, next: (specifier: string, context: unknown) => unknown) => unknown;

/** Since Node 22.15; earlier versions run hooks on a separate thread. */
type RegisterHooks = (hooks: { readonly resolve: Resolve }) => void;

/**
 * @param ownFolder URL of the package's code, which does not belong to the program
 * @param refuses the program cannot import the modules of refused.ts: an Error with {@link REFUSAL} is thrown
 */
export function resolveOwnPackage(ownFolder: string, refuses: boolean): void {
  const own: { readonly [specifier: string]: string } = {
    'redis-lab/poll': new URL('poll/index.js', ownFolder).href, 'redis-lab/testing': new URL('testing/index.js', ownFolder).href,
  };
  const refused = refuses ? REFUSED : [];
  const { registerHooks } = modules as unknown as { registerHooks?: RegisterHooks };
  if (registerHooks !== undefined) {
    const resolve: Resolve = (specifier, context, next) => {
      const isOwn = String((context as { parentURL?: string }).parentURL).startsWith(ownFolder);
      if (!isOwn && refused.includes(specifier.replace(/^node:/, ''))) throw new Error(REFUSAL + specifier);
      return Object.hasOwn(own, specifier) ? { url: own[specifier], shortCircuit: true } : next(specifier, context);
    };
    return registerHooks({ resolve });
  }
  const source = `const own = ${JSON.stringify(own)};
const refused = ${JSON.stringify(refused)};
export const resolve = (specifier, context, next) => {
  const isOwn = String(context.parentURL).startsWith(${JSON.stringify(ownFolder)});
  if (!isOwn && refused.includes(specifier.replace(/^node:/, ''))) throw new Error(${JSON.stringify(REFUSAL)} + specifier);
  return Object.hasOwn(own, specifier) ? { url: own[specifier], shortCircuit: true } : next(specifier, context);
};`;
  modules.register(`data:text/javascript,${encodeURIComponent(source)}`);
}

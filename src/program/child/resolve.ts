/**
 * So that a program in any folder finds `redis-lab/poll`: that of this very package, whose trace the lab understands.
 */
import * as modules from 'node:module';
import { REFUSAL, REFUSED } from './refused.js';

type Resolve = (specifier: string, context: unknown, next: (specifier: string, context: unknown) => unknown) => unknown;

/** As of Node 22.15; earlier, hooks run on a thread of their own. */
type RegisterHooks = (hooks: { readonly resolve: Resolve }) => void;

/**
 * @param ownFolder URL of the package's code, which is not the program's
 * @param refuses what is in refused.ts cannot be imported by the program: that throws an Error with {@link REFUSAL}
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

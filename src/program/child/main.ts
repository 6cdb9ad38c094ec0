/**
 * The process in which a learner's program runs: sets up its link to the lab, and imports the program.
 *
 *   node main.js FILE ARGUMENTS…
 *
 * A file of the course is no program yet: it exports a class with `bind` and `runOnce`. For such a one the loop is turned here.
 */
import { pathToFileURL } from 'node:url';
import { OBSERVER } from '../../poll/observer.js';
import { endWithParent } from '../../server/io/backends/parent-death.js';
import { CallSites } from './call-sites.js';
import { Link } from './link.js';
import { resolveOwnPackage } from './resolve.js';
import { findLoop, turn } from './turning.js';

/** Of the package's built code. */
const OWN_FOLDER = new URL('../../', import.meta.url);

const [node = '', , file = '', ...rest] = process.argv;
// The program finds its arguments where it always does.
process.argv = [node, file, ...rest];

try {
  endWithParent();
} catch {
  // Elsewhere it ends when it calls its poll.
}
const link = new Link(new CallSites(OWN_FOLDER.href));
Object.defineProperty(globalThis, OBSERVER, { value: link });
resolveOwnPackage(new URL('poll/index.js', OWN_FOLDER).href, new URL('testing/index.js', OWN_FOLDER).href);

const exports = (await import(pathToFileURL(file).href)) as { readonly [name: string]: unknown };
const loop = link.hasPoll ? null : findLoop(exports);
if (loop !== null) await turn(loop, new URL('poll/index.js', OWN_FOLDER).href);

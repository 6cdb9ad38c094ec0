/**
 * The process in which a learner's program runs: sets up its link to the lab, and imports the program. Its inputs are recorded; or it is run again with
 * recorded ones, and nothing that it calls happens.
 *
 *   node main.js FILE ARGUMENTS…
 *
 * A file of the course is no program yet: it exports a class with `bind` and `runOnce`. For such a one the loop is turned here.
 */
import { pathToFileURL } from 'node:url';
import { OBSERVER } from '../../poll/observer.js';
import { endWithParent } from '../../server/io/backends/parent-death.js';
import { CallSites } from './call-sites.js';
import { recordGlobals } from './globals.js';
import { Link } from './link.js';
import { resolveOwnPackage } from './resolve.js';
import { refusedModule, refuseRequired } from './refused.js';
import { findLoop, turn } from './turning.js';

/** Of the package's built code. */
const OWN_FOLDER = new URL('../../', import.meta.url);

const [node = '', , file = '', ...rest] = process.argv;
// The calls of the poll that lie beneath one of the program are not to push that one out of a stack.
Error.stackTraceLimit = 30;
// The program finds its arguments where it always does.
process.argv = [node, file, ...rest];

try {
  endWithParent();
} catch {
  // Elsewhere it ends when it calls its poll.
}
const link = new Link(new CallSites(OWN_FOLDER.href));
const inputs = link.begin();
if (inputs !== null) recordGlobals(inputs, (what) => link.unrecorded(what));
if (inputs?.isAgain === true) refuseRequired();
Object.defineProperty(globalThis, OBSERVER, { value: link });
resolveOwnPackage(OWN_FOLDER.href, inputs?.isAgain === true);

link.begun();
const exports = await load();
const loop = link.hasPoll ? null : findLoop(exports);
if (loop !== null) await turn(loop, new URL('poll/index.js', OWN_FOLDER).href);

async function load(): Promise<{ readonly [name: string]: unknown }> {
  try {
    return (await import(pathToFileURL(file).href)) as { readonly [name: string]: unknown };
  } catch (error) {
    const module = refusedModule(error);
    if (module !== null) link.over({ why: 'refused', module });
    throw error;
  }
}

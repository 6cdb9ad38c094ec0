/**
 * The process in which a learner's program runs: sets up its link to the lab, and imports the program. Its inputs are recorded; or it is run again with
 * recorded ones, and its calls have no effect.
 *
 *   node main.js FILE ARGUMENTS…
 *
 * A file of the course is not a program: it exports a class with `bind` and `runOnce`. Its loop is run here.
 */
import { pathToFileURL } from 'node:url';
import { OBSERVER } from '../../poll/observer.js';
import { endWithParent } from '../../server/io/backends/parent-death.js';
import { CallSites } from './call-sites.js';
import { recordGlobals } from './globals.js';
import { Link } from './link.js';
import { resolveOwnPackage } from './resolve.js';
import { refuseCalls, refusedModule, refuseRequired } from './refused.js';
import { findLoop, turn } from './turning.js';

/** The package's built code. */
const OWN_FOLDER = new URL('../../', import.meta.url);

const [node = '', , file = '', ...rest] = process.argv;
// The frames of the poll below the program's call must not push that out of the stack.
Error.stackTraceLimit = 30;
// The program finds its arguments in the usual place.
process.argv = [node, file, ...rest];

try {
  endWithParent();
} catch {
  // Elsewhere it ends when it calls its poll.
}
const link = new Link(new CallSites(OWN_FOLDER.href));
const inputs = link.begin();
if (inputs !== null) recordGlobals(inputs, (what) => link.unrecorded(what));
if (inputs?.isAgain === true) {
  refuseRequired();
  refuseCalls((name) => link.over({ why: 'refused', module: name }));
}
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

/**
 * `rule after-read`, `rule after-read 'wait'`, `rule after-read off`: replaces one of the loop's decisions by an expression.
 */
import {
  type ActiveFault, DEFECTS, FaultError, isDefect, isSeam, parseRule, SEAM_NAMES, type SeamName, seamOf, type ServerFaults,
} from '../../server/index.js';
import type { ConsoleTexts } from './console-texts.js';

/** @param words the words after `rule`; an expression is one of them. Rejects with an error in them */
export async function rule(faults: ServerFaults, [seam, ...rest]: readonly string[], texts: ConsoleTexts): Promise<readonly string[]> {
  const set = await faults.list();
  if (seam === undefined) return SEAM_NAMES.map((name) => inForce(name, set, texts));
  const name = seam.toLowerCase();
  if (rest.length === 0 && isSeam(name)) return described(name, set, texts);
  if (rest.join(' ').toLowerCase() === 'off') return end(faults, name, set, texts);
  const added = await faults.add(parseRule(name, rest.join(' ')));
  // The previous rule is removed only now, so that there is always one of the two. A rule for a single connection coexists with one for all.
  for (const before of own(added.fault.name === 'rule' ? added.fault.seam : null, set)) {
    if (before.fault.token === added.fault.token) await faults.remove(before.id);
  }
  return [`${added.id}  ${added.text}`];
}

async function end(faults: ServerFaults, name: string, set: readonly ActiveFault[], texts: ConsoleTexts): Promise<readonly string[]> {
  if (!isSeam(name)) throw new FaultError(texts.noSeam(SEAM_NAMES.join(', ')));
  const ended = own(name, set);
  for (const { id } of ended) await faults.remove(id);
  return [ended.length === 0 ? texts.noOwnRule(name) : inForce(name, await faults.list(), texts)];
}

/** Typed rules for a seam, without defects. */
function own(seam: SeamName | null, set: readonly ActiveFault[]): readonly ActiveFault[] {
  return set.filter(({ fault }) => fault.name === 'rule' && fault.seam === seam);
}

/** All rules for a seam, including defects; the last one is the newest, which decides. */
function ofSeam(seam: SeamName, set: readonly ActiveFault[]): readonly ActiveFault[] {
  return set.filter(({ fault }) => (fault.name === 'rule' ? fault.seam === seam : isDefect(fault.name) && DEFECTS[fault.name].seam === seam));
}

function inForce(seam: SeamName, set: readonly ActiveFault[], texts: ConsoleTexts): string {
  const newest = ofSeam(seam, set).at(-1);
  return newest === undefined ? texts.asTextbook(seam) : `${seam}: ${newest.id}  ${newest.text}`;
}

function described(seam: SeamName, set: readonly ActiveFault[], texts: ConsoleTexts): readonly string[] {
  const { parameters, textbook } = seamOf(seam);
  return [
    texts.meaningOf(seam),
    texts.knows(Object.keys(parameters).join(', '), texts.resultsOf(seam)),
    texts.textbook(textbook),
    texts.inForce(inForce(seam, set, texts)),
  ];
}

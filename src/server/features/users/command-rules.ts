/**
 * Describes the commands that a selector allows by rules, as Redis does: from `+@all` or `-@all`, the categories that fit best, one after the other, and
 * then the remaining differences command by command.
 */
import type { AccessedCommand } from './access.js';
import type { Selector } from './selector.js';

/** @param create makes a selector that allows nothing */
export function describeCommands(selector: Selector, create: () => Selector): string {
  const adds = !selector.futureCommands;
  const all = `${adds ? '-' : '+'}@all`;
  const described = create();
  described.apply(all);
  const categories = fittingCategories(selector, adds);
  for (const category of categories) described.applyToCategory(category, adds);
  return [all, ...categories.map((category) => `${adds ? '+' : '-'}@${category}`), ...singleRules(selector, described)].join(' ');
}

/**
 * Repeatedly picks the category with the fewest wrong commands, and of those the one with the most right ones; as long as these are more than the wrong ones.
 */
function fittingCategories(selector: Selector, adds: boolean): string[] {
  const { catalog } = selector;
  const left = selector.copy();
  const chosen: string[] = [];
  for (;;) {
    let best: { readonly category: string; readonly differing: number; readonly same: number } | null = null;
    for (const category of catalog.categories) {
      if (chosen.includes(category)) continue;
      const commands = catalog.inCategory(category)!;
      const same = commands.filter((command) => left.allows(command) === adds).length;
      const differing = commands.length - same;
      const isBetter = best === null || differing < best.differing || (differing === best.differing && same > best.same);
      if (same > differing && isBetter) best = { category, differing, same };
    }
    if (best === null) return chosen;
    chosen.push(best.category);
    left.applyToCategory(best.category, !adds);
  }
}

/** Returns the rules that make `described` equal to `selector`. */
function singleRules(selector: Selector, described: Selector): string[] {
  const rules: string[] = [];
  for (const command of selector.catalog.all) {
    const isAllowed = selector.allows(command);
    if (isAllowed !== described.allows(command)) {
      rules.push(`${isAllowed ? '+' : '-'}${command.fullName}`);
      described.setCommand(command, isAllowed);
    }
    if (!isAllowed) rules.push(...firstArgumentRules(selector, command));
  }
  return rules;
}

function firstArgumentRules({ firstArguments }: Selector, { number, fullName }: AccessedCommand): string[] {
  return (firstArguments.get(number) ?? []).map((value) => `+${fullName}|${value}`);
}

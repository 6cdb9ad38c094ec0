/**
 * RuleFaults: rules set at the seams of the loop, a learner's own and the named defects. While there are any, another policy is in force.
 *
 *   a seam ──▶ RuledPolicy ──▶ the newest rule for it ──▶ a result that the seam allows
 *                                                    └──▶ anything else, or an exception: the rule ends, and the textbook decides
 *
 * They are above the recorder: setting or removing one is an input, see LoopFaults.
 */
import type { Token } from '../io/token.js';
import { DEFECTS, isDefect } from '../rules/defects.js';
import type { PolicyInForce } from '../rules/policy.js';
import { compileRule, resultError, type RuleFunction, type RuleValue } from '../rules/rule.js';
import { type Decide, RuledPolicy } from '../rules/ruled-policy.js';
import type { SeamName } from '../rules/seams.js';
import type { FaultEffect } from './effects.js';
import type { Fault } from './fault.js';

interface ActiveRule {
  readonly id: number;
  readonly fault: Fault;
  readonly seam: SeamName;
  readonly decide: RuleFunction;
}

export interface RuleFaultsState {
  /** Oldest first. */
  readonly active: readonly { readonly id: number; readonly fault: Fault }[];
  /** See {@link RuledPolicy.serving}. */
  readonly serving: Token;
}

export class RuleFaults {
  private active: readonly ActiveRule[] = [];
  private readonly ruled: RuledPolicy;
  /** Called for each decision of a rule that differs from the textbook's; not set in a replay. */
  onInjected: (id: number, token: Token, effect: FaultEffect) => void = () => {};
  /** Called when a rule has ended by itself. */
  onEnded: (id: number, token: Token, why: string) => void = () => {};

  constructor(
    private readonly policy: PolicyInForce,
    isConnected: (token: Token) => boolean,
  ) {
    this.ruled = new RuledPolicy(policy.textbook, this.decide, this.decideQuietly, isConnected);
  }

  capture(): RuleFaultsState {
    return { active: this.active.map(({ id, fault }) => ({ id, fault })), serving: this.ruled.serving };
  }

  restore({ active, serving }: RuleFaultsState): void {
    this.set(active.map(({ id, fault }) => activeRule(id, fault)));
    this.ruled.serving = serving;
  }

  /** The rules in force or not, oldest first. */
  get faults(): readonly Fault[] {
    return this.active.map(({ fault }) => fault);
  }

  /** Those that decide: a newer rule for all, or for the same connection, replaces one at its seam. */
  get inForce(): readonly Fault[] {
    const isReplaced = ({ seam, fault: { token } }: ActiveRule, i: number): boolean =>
      this.active.some((later, j) => j > i && later.seam === seam && (later.fault.token === undefined || later.fault.token === token));
    return this.active.filter((rule, i) => !isReplaced(rule, i)).map(({ fault }) => fault);
  }

  add(id: number, fault: Fault): void {
    this.set([...this.active, activeRule(id, fault)]);
  }

  remove(id: number): void {
    this.set(this.active.filter((rule) => rule.id !== id));
  }

  removeAllOf(token: Token): void {
    if (this.active.some(({ fault }) => fault.token === token)) this.set(this.active.filter(({ fault }) => fault.token !== token));
  }

  clear(): void {
    this.set([]);
  }

  private ruleFor(seam: SeamName, token: Token): ActiveRule | undefined {
    return this.active.findLast(({ seam: at, fault }) => at === seam && (fault.token === undefined || fault.token === token));
  }

  private readonly decideQuietly: Decide = (seam, token, values, textbook) => {
    const rule = this.ruleFor(seam, token);
    if (rule === undefined) return textbook;
    const { result, error } = evaluate(rule, values);
    return error === null ? (result as typeof textbook) : textbook;
  };

  private readonly decide: Decide = (seam, token, values, textbook) => {
    const rule = this.ruleFor(seam, token);
    if (rule === undefined) return textbook;
    const { result, error } = evaluate(rule, values);
    if (error !== null) {
      this.remove(rule.id);
      this.onEnded(rule.id, token, error);
      return textbook;
    }
    if (result !== textbook) this.onInjected(rule.id, token, `${seam}: ${shown(result)} instead of ${shown(textbook)}`);
    return result as typeof textbook;
  };

  private set(active: readonly ActiveRule[]): void {
    this.active = active;
    this.ruled.serving = 0;
    this.policy.current = active.length === 0 ? this.policy.textbook : this.ruled;
  }
}

function activeRule(id: number, fault: Fault): ActiveRule {
  const { seam, expression } = ruleOf(fault);
  return { id, fault, seam, decide: compileRule(seam, expression) };
}

/** Returns the seam and expression of a fault of the object `rules`. */
export function ruleOf(fault: Fault): { readonly seam: SeamName; readonly expression: string } {
  if (fault.name === 'rule') return fault;
  if (isDefect(fault.name)) return DEFECTS[fault.name];
  throw new Error(`${fault.name} is no rule`);
}

function evaluate({ seam, decide }: ActiveRule, values: readonly RuleValue[]): { readonly result: unknown; readonly error: string | null } {
  try {
    const result = decide(...values);
    return { result, error: resultError(seam, result, values) };
  } catch (error) {
    // An error of the expression's context is not an instance of this context's Error.
    return { result: undefined, error: `${seam}: ${(error as Error).message}` };
  }
}

const shown = (result: unknown): string => (typeof result === 'string' ? `'${result}'` : String(result));

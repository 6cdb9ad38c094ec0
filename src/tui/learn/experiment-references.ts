/**
 * Checks that need all fields of an experiment's file: bookmarks that do not exist, placeholders that nothing could fill.
 */
import type { Bookmark, Experiment, Goal, Localized } from '../state/learn/experiment.js';
import { COUNTERS } from './counters.js';
import { fieldsOf } from './event-fields.js';
import { type Complaint, inEach } from './file-texts.js';
import type { JsonNode } from './lined-json.js';
import { parsePlaceholders, type Placeholder } from './placeholders.js';
import { meant, type Problem } from './schema.js';

/** The minimum number of events of the run, or lines of its transcript, to which an explanation refers. */
const FEWEST_EVENTS = 2;

/** Adds to `problems` what is wrong in a file whose individual fields are valid. */
export function checkReferences(experiment: Experiment, root: JsonNode, problems: Problem[]): void {
  new ReferenceChecker(experiment, (field, complaint) => problems.push({ line: lineOf(root, field), field, message: inEach(complaint) })).check();
}

class ReferenceChecker {
  /** Bookmarks to which a text of the run may refer, and those to which one of the broken run may. */
  private readonly known: Bookmark[] = [];

  constructor(
    private readonly experiment: Experiment,
    private readonly complain: (field: string, complaint: Complaint) => void,
  ) {}

  check(): void {
    const { answers, bookmarks, goals, explain, explainIf, mend, break: broken } = this.experiment;
    this.checkOneIsRight('answers', answers);
    this.checkOneIsRight('mend.choices', mend.choices);
    this.checkBookmarks('bookmarks', bookmarks);
    for (const [i, goal] of goals.entries()) this.checkGoal(`goals[${i}]`, goal);
    this.checkText('explain', explain);
    for (const [language, text] of Object.entries(explain)) this.checkExplanation(`explain.${language}`, text);
    if (explainIf !== null) this.checkText('explainIf.says', explainIf.says);
    this.checkBookmarks('break.bookmarks', broken.bookmarks);
    this.checkText('break.says', broken.says);
    for (const [i, { says }] of mend.choices.entries()) this.checkText(`mend.choices[${i}].says`, says);
  }

  private checkOneIsRight(field: string, all: readonly { readonly isRight: boolean }[]): void {
    const right = all.filter(({ isRight }) => isRight).length;
    if (right !== 1) this.complain(field, ({ oneRight }) => oneRight(right));
  }

  private checkBookmarks(field: string, added: readonly Bookmark[]): void {
    for (const [i, bookmark] of added.entries()) {
      const { name } = bookmark;
      const after = bookmark.type === 'event' ? bookmark.after : null;
      if (this.find(name) !== undefined || name === 'counters') this.complain(`${field}[${i}].name`, ({ another }) => another(name));
      if (after !== null && this.find(after)?.type !== 'event') {
        this.complain(`${field}[${i}].after`, ({ noBookmarkBefore }) => noBookmarkBefore(after, this.meant(after)));
      }
      this.known.push(bookmark);
    }
  }

  private checkGoal(field: string, goal: Goal): void {
    if (goal.type !== 'count') return;
    for (const end of ['after', 'before'] as const) {
      if (goal[end] !== null) this.checkName(`${field}.count.${end}`, goal[end]);
    }
  }

  private checkText(field: string, texts: Localized): void {
    for (const [language, text] of Object.entries(texts)) {
      for (const part of parsePlaceholders(text)) if (typeof part !== 'string') this.checkPlaceholder(`${field}.${language}`, part);
    }
  }

  private checkPlaceholder(field: string, part: Placeholder): void {
    switch (part.type) {
      case 'field':
        this.checkName(field, part.bookmark);
        return this.checkField(field, part.bookmark, part.field);
      case 'count':
        return this.checkName(field, part.bookmark);
      case 'group':
        return this.checkGroup(field, part.bookmark, part.group);
      case 'between':
        this.checkName(field, part.from);
        return this.checkName(field, part.to);
      case 'counter':
        if (part.counter in COUNTERS) return;
        return this.complain(field, ({ unknownCounter }) => unknownCounter(part.counter, meant(part.counter, Object.keys(COUNTERS))));
      case 'unknown':
        return this.complain(field, ({ noPlaceholder }) => noPlaceholder(part.source));
    }
  }

  private checkName(field: string, name: string): void {
    const bookmark = this.find(name);
    if (bookmark === undefined) this.complain(field, ({ noBookmark }) => noBookmark(name, this.meant(name)));
    else if (bookmark.type === 'line') this.complain(field, ({ ofLine }) => ofLine(name));
  }

  private checkGroup(field: string, name: string, group: number): void {
    const bookmark = this.find(name);
    if (bookmark === undefined) return this.complain(field, ({ noBookmark }) => noBookmark(name, this.meant(name)));
    if (bookmark.type === 'event') return this.complain(field, ({ ofEvent }) => ofEvent(name));
    const groups = new RegExp(`${bookmark.line}|`, 'u').exec('')!.length - 1;
    if (group > groups) this.complain(field, (texts) => texts.groups(name, groups));
  }

  private checkField(field: string, name: string, wanted: string): void {
    const bookmark = this.find(name);
    if (bookmark?.type !== 'event') return;
    const { kind } = bookmark.event;
    const fields = [...fieldsOf(kind), 'turn'];
    if (!fields.includes(wanted)) this.complain(field, ({ noFieldOf }) => noFieldOf(kind, wanted, fields, meant(wanted, fields)));
  }

  private checkExplanation(field: string, text: string): void {
    const pointed = parsePlaceholders(text).filter((part) => typeof part !== 'string' && part.type !== 'counter' && part.type !== 'unknown').length;
    if (pointed >= FEWEST_EVENTS) return;
    this.complain(field, ({ fewEvents }) => fewEvents(FEWEST_EVENTS, pointed));
  }

  private find(name: string): Bookmark | undefined {
    return this.known.find((bookmark) => bookmark.name === name);
  }

  private meant(name: string): string | undefined {
    return meant(name, this.known.map((bookmark) => bookmark.name));
  }
}

/** The line of a field such as `goals[1].count`, or of its nearest existing parent. */
function lineOf(root: JsonNode, field: string): number {
  let node = root;
  for (const step of field.match(/[^.[\]]+/g) ?? []) {
    const next = node.type === 'object' ? node.fields.get(step) : node.type === 'list' ? node.items[Number(step)] : undefined;
    if (next === undefined) break;
    node = next;
  }
  return node.line;
}

/**
 * ACL files: one user per line, in the format of ACL LIST. If one line is wrong, nothing of the file is applied.
 */
import { RuleError } from './selector.js';
import { isUsername, mergeSelectors, UnmatchedParenthesis, type User } from './user.js';

/** All errors of a file, in one line. */
export class AclFileError extends Error {
  override readonly name = 'AclFileError';
}

/** @param create makes a user that is off and has no permissions. Throws {@link AclFileError} */
export function parseAclFile(text: string, file: string, create: (name: string) => User): Map<string, User> {
  const users = new Map<string, User>();
  const complaints = text.split('\n').flatMap((line, index) => parseLine(line, `${file}:${index + 1}`, index + 1, users, create));
  if (complaints.length === 0) return users;
  throw new AclFileError(`${complaints.join('')}WARNING: ACL errors detected, no change to the previously active ACL rules was performed`);
}

/** Returns the errors of the line. */
function parseLine(line: string, place: string, number: number, users: Map<string, User>, create: (name: string) => User): string[] {
  const trimmed = line.replace(/^[ \t\r]+|[ \t\r]+$/g, '');
  if (trimmed === '') return [];
  const [keyword, name, ...rules] = trimmed.split(' ');
  if (keyword !== 'user' || name === undefined) return [`${place} should start with user keyword followed by the username. `];
  if (!isUsername(name)) return [`'${place}: username '${name}' contains invalid characters. `];
  if (users.has(name)) return [`WARNING: Duplicate user '${name}' found on line ${number}. `];
  const user = create(name);
  users.set(name, user);
  return applyRules(user, rules, place);
}

/** Every unknown name is reported; of other errors only the first one, since it may have caused the others. */
function applyRules(user: User, rules: readonly string[], place: string): string[] {
  const complaints: string[] = [];
  let hasSyntaxError = false;
  for (const rule of merged(rules, place, complaints)) {
    const word = rule.replace(/^[\t\r\n]+|[\t\r\n]+$/g, '');
    try {
      user.apply(word);
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      if (error.isUnknownName) complaints.push(`${place}: Error in applying operation '${word}': ${error.message}. `);
      else if (!hasSyntaxError) complaints.push(`${place}: ${error.message}. `);
      hasSyntaxError ||= !error.isUnknownName;
    }
  }
  return complaints;
}

function merged(rules: readonly string[], place: string, complaints: string[]): string[] {
  try {
    return mergeSelectors(rules);
  } catch (error) {
    if (!(error instanceof UnmatchedParenthesis)) throw error;
    complaints.push(`${place}: Unmatched parenthesis in selector definition.`);
    return [];
  }
}

/**
 * The manifest of the append-only file: lists its files, in Redis 7.0's format, one line each.
 *
 *   file appendonly.aof.2.base.rdb seq 2 type b        the data when it was last rewritten
 *   file appendonly.aof.4.incr.aof seq 4 type i        what has changed since, oldest first
 *   file appendonly.aof.1.base.rdb seq 1 type h        history: no longer needed, to be deleted
 */
import { splitWords } from '../../config/file.js';
import { quoteWord } from '../../resp/request-encoder.js';

/** One of the files in the folder. Its name is a byte string. */
export interface AofFile {
  readonly name: string;
  readonly seq: number;
}

export interface Manifest {
  readonly base: AofFile | null;
  readonly increments: readonly AofFile[];
  readonly history: readonly AofFile[];
}

export const EMPTY_MANIFEST: Manifest = { base: null, increments: [], history: [] };

/** Maximum length of a line (MANIFEST_MAX_LINE). */
const MAX_LINE = 1024;

/** An invalid manifest. The message names the line. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
}

export function formatManifest({ base, increments, history }: Manifest): string {
  const lines = [
    ...(base === null ? [] : [lineOf(base, 'b')]),
    ...history.map((file) => lineOf(file, 'h')),
    ...increments.map((file) => lineOf(file, 'i')),
  ];
  return lines.join('');
}

const lineOf = ({ name, seq }: AofFile, type: string): string => `file ${quoteWord(name)} seq ${seq} type ${type}\n`;

/** Redis's sentences, by which tools find them in a log. */
const FORMAT = 'Invalid AOF manifest file format';

/** Throws {@link ManifestError}. */
export function parseManifest(text: string): Manifest {
  if (text === '') throw new ManifestError('Found an empty AOF manifest');
  const manifest = { base: null as AofFile | null, increments: [] as AofFile[], history: [] as AofFile[] };
  for (const [at, line] of linesOf(text).entries()) {
    if (line.startsWith('#')) continue;
    const fail = (what: string): never => {
      throw new ManifestError(`${what}, in line ${at + 1}`);
    };
    if (line.length >= MAX_LINE) fail('The AOF manifest file contains too long line');
    const { file, type } = parseLine(line, fail);
    if (type === 'h') manifest.history.push(file);
    else if (type === 'b') manifest.base = manifest.base === null ? file : fail('Found duplicate base file information');
    else {
      const last = manifest.increments.at(-1);
      if (last !== undefined && file.seq <= last.seq) fail('Found a non-monotonic sequence number');
      manifest.increments.push(file);
    }
  }
  return manifest;
}

/** The last line must be complete as well: otherwise it is only a part of one. */
function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new ManifestError(`${FORMAT}: line ${lines.length + 1} has no end`);
  return lines;
}

function parseLine(line: string, fail: (what: string) => never): { readonly file: AofFile; readonly type: string } {
  const words = splitWords(line) ?? [];
  const values = new Map<string, string>();
  for (let i = 0; i + 1 < words.length; i += 2) values.set(words[i]!.toLowerCase(), words[i + 1]!);
  const [name, seq, type] = [values.get('file'), values.get('seq'), values.get('type')];
  if (words.length < 6 || words.length % 2 !== 0 || name === undefined || seq === undefined || type === undefined) {
    return fail(`${FORMAT}: not \`file NAME seq NUMBER type b|i|h\``);
  }
  if (name === '' || name.includes('/')) return fail(`${FORMAT}: the name of a file that does not lie in this folder`);
  if (!/^[1-9]\d{0,14}$/.test(seq)) return fail(`${FORMAT}: ${JSON.stringify(seq)} is no sequence number`);
  if (!['b', 'i', 'h'].includes(type)) return fail(`Unknown AOF file type ${JSON.stringify(type)}`);
  return { file: { name, seq: Number(seq) }, type };
}

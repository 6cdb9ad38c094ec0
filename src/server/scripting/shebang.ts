/** The first line of a script, `#!lua flags=no-writes,allow-oom`: parses its flags. Pure. */
import * as errors from '../errors.js';
import { splitInline } from '../resp/inline.js';
import { isScriptFlag, type ScriptFlag, type ScriptFlags } from './script-run.js';

/** Returns the flags of a script; null if it has no such line. Throws an ErrorReply. */
export function parseShebang(code: string): ScriptFlags {
  if (!code.startsWith('#!')) return null;
  const end = code.indexOf('\n');
  if (end === -1) throw errors.INVALID_SHEBANG;
  const [engine = '', ...options] = splitInline(code.slice(0, end)) ?? [];
  if (engine === '') throw errors.INVALID_SHEBANG_ENGINE;
  if (engine !== '#!lua') throw errors.unexpectedEngine(engine);
  return new Set(options.flatMap(parseFlags));
}

function parseFlags(option: string): ScriptFlag[] {
  if (!option.startsWith('flags=')) throw errors.unknownShebangOption(option);
  const list = option.slice('flags='.length);
  return (list === '' ? [] : list.split(',')).map((flag) => {
    if (!isScriptFlag(flag)) throw errors.unexpectedFlag(flag);
    return flag;
  });
}

// The usage of a script is the comment at its head: printed for --help, and after an error in its options.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** @param {string | URL} file of the script */
export function usageOf(file) {
  const source = readFileSync(file, 'utf8').replace(/^#!.*\n/, '');
  const [comment] = source.startsWith('/**') ? [source.slice(3, source.indexOf('*/'))] : /^(?:\/\/.*\n)+/.exec(source);
  return comment.replaceAll(/^ ?(?:\*|\/\/) ?/gm, '').trim();
}

/** As parseArgs of node:util, but prints the usage for --help and for wrong options. @param {string | URL} file of the script, and then as parseArgs */
export function parseOptions(file, config) {
  printIfAsked(file);
  try {
    return parseArgs(config);
  } catch (error) {
    return refuse(file, error);
  }
}

/** Prints the usage and ends the process if the arguments ask for it. @param {string | URL} file */
export function printIfAsked(file) {
  if (!process.argv.slice(2).some((word) => word === '--help' || word === '-h')) return;
  console.log(usageOf(file));
  process.exit(0);
}

/** Prints an error in the options and ends the process; rethrows other errors. @param {string | URL} file */
export function refuse(file, error) {
  if (!String(error?.code).startsWith('ERR_PARSE_ARGS')) throw error;
  console.error(`${error.message}\n\n${usageOf(file)}`);
  process.exit(2);
}

/**
 * What the program's side of the lab uses of the language and of Node, as it was before the program's code began: the program may replace it, and runs with the
 * lab as it does without.
 */
import fs from 'node:fs';

export const { parse, stringify } = JSON;
export const OwnError = Error;
export const { captureStackTrace } = Error;
export const { set } = Reflect;
export const { readSync, writeSync } = fs;
export const exit: (code: number) => never = process.exit.bind(process);

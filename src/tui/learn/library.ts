/**
 * The built-in experiments: files beside the program, read when needed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Text } from '../../shared/language.js';
import { nearest } from '../../shared/nearest.js';
import { readWhole } from '../../shared/read-whole.js';
import type { Experiment } from '../state/learn/experiment.js';
import { parseExperiment } from './experiment-schema.js';
import { ExperimentFileError, inEach } from './file-texts.js';

const folder = (): string => fileURLToPath(new URL(__EXPERIMENTS__, import.meta.url));

/** In order of their numbers. */
export function bundledExperiments(): readonly Experiment[] {
  return files().map((file) => parseExperiment(readFileSync(join(folder(), file), 'utf8'), file));
}

/** The text of the template file. */
export function experimentTemplate(): string {
  return readFileSync(join(folder(), TEMPLATE), 'utf8');
}

const TEMPLATE = 'template.json';

/** `07-pipeline.json`, by their numbers. */
const files = (): readonly string[] => readdirSync(folder()).filter((file) => /^\d\d-.*\.json$/.test(file)).sort();

const nameOf = (file: string): string => file.replace(/^\d\d-|\.json$/g, '');

/**
 * Loads one of the built-in experiments by its name, or one from a user's file: a name that contains a `/` or ends in `.json`. Throws {@link
 * ExperimentFileError}, or errors of reading the file.
 */
export function loadExperiment(nameOrFile: string): Experiment {
  if (/\/|\.json$/.test(nameOrFile)) return parseExperiment(readWhole(nameOrFile).toString(), nameOrFile);
  const file = files().find((one) => nameOf(one) === nameOrFile);
  if (file === undefined) throw new ExperimentFileError(whyUnknown(nameOrFile, files().map(nameOf)));
  return parseExperiment(readFileSync(join(folder(), file), 'utf8'), file);
}

/** The message that there is no experiment of this name, with the existing ones. */
export function whyUnknown(wanted: string, names: readonly string[]): Text {
  return inEach(({ noExperiment }) => noExperiment(wanted, nearest(wanted.toLowerCase(), names).slice(0, 3), names));
}

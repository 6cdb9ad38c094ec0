/**
 * The experiments' entry point for the command line: what works without a screen.
 */
export { inLanguage, type Experiment, type Verdict } from '../state/learn/experiment.js';
export { LANGUAGES, languageOf, type Language } from '../../shared/language.js';
export { checkAll, checkExperiment, type CheckedExperiment, type CheckedStep } from './check.js';
export { ExperimentFileError } from './file-texts.js';
export { bundledExperiments, experimentTemplate, loadExperiment } from './library.js';
export { teachInLines, type LinePorts } from './in-lines.js';
export { doneExperiments, forgetDone, rememberDone } from './progress.js';
export { LESSON_TEXTS } from '../state/learn/lesson-texts.js';

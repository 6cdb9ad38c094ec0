/**
 * The door of the experiments for the command line: what can be done with them without a screen.
 */
export { inLanguage, type Experiment, type Verdict } from '../state/learn/experiment.js';
export { LANGUAGES, languageOf, type Language } from '../../shared/language.js';
export { checkAll, checkExperiment, type CheckedExperiment, type CheckedStep } from './check.js';
export { ExperimentError } from './experiment-schema.js';
export { bundledExperiments, experimentTemplate, loadExperiment, UnknownExperimentError } from './library.js';
export { teachInLines, type LinePorts } from './in-lines.js';
export { doneExperiments, forgetDone, rememberDone } from './progress.js';
export { LESSON_TEXTS } from '../state/learn/lesson-texts.js';

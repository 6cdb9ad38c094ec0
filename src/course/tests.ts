/** The tests of each lesson, by its number. */
import type { LessonTest } from './lesson.js';
import { tests as listener } from './lessons/01-listener/tests.js';
import { tests as eventLoop } from './lessons/02-event-loop/tests.js';
import { tests as manyClients } from './lessons/03-many-clients/tests.js';
import { tests as halfFrames } from './lessons/04-half-frames/tests.js';
import { tests as setGet } from './lessons/05-set-get/tests.js';
import { tests as expiry } from './lessons/06-expiry/tests.js';
import { tests as writing } from './lessons/07-writing/tests.js';
import { tests as parking } from './lessons/08-parking/tests.js';
import { tests as fairness } from './lessons/09-fairness/tests.js';
import { tests as propagation } from './lessons/10-propagation/tests.js';

export const TESTS: { readonly [number: string]: readonly LessonTest[] | undefined } = {
  '01': listener, '02': eventLoop, '03': manyClients, '04': halfFrames, '05': setGet, '06': expiry, '07': writing, '08': parking, '09': fairness,
  '10': propagation,
};

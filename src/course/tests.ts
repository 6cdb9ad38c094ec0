/** The tests of each lesson, by its number. */
import type { LessonTest } from './lesson.js';
import { tests as listener } from './lessons/01-listener/tests.js';
import { tests as eventLoop } from './lessons/02-event-loop/tests.js';
import { tests as manyClients } from './lessons/03-many-clients/tests.js';

export const TESTS: { readonly [number: string]: readonly LessonTest[] | undefined } = { '01': listener, '02': eventLoop, '03': manyClients };

/**
 * `redis-lab course`: lessons in which a learner writes an event loop.
 */
export { type Code, Course, CourseError, findLesson } from './course.js';
export { difference } from './difference.js';
export type { KernelName } from './kernels.js';
export { LESSONS, type Lesson } from './lessons.js';
export { isGreen, type LessonReport } from './report.js';
export { describeFailure, describeMade, describeOutcome, WORDS } from './words.js';

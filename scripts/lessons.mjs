// Programs of the course: one file contains both the stub with which a learner begins and the solution.
//
//     // task: throw new Error('next is not written yet');       lines of the stub, if any
//     …                                                          lines of the solution
//     // end of task
//
// A lesson that begins with another program has it as stub.js; its solution is program.js.

import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { unusedTypes, withTypes } from './lesson-types.mjs';

const PROGRAM = 'program.js';

const BEGIN = /^( *)\/\/ task:(?: (.*))?$/;
const END = /^ *\/\/ end of task$/;

/** Returns the stub and the solution of a program. Throws for a task without an end. */
export function readProgram(program) {
  const stub = [];
  const solution = [];
  let isTask = false;
  for (const line of program.split('\n')) {
    const begin = BEGIN.exec(line);
    if (begin !== null) {
      isTask = true;
      if (begin[2] !== undefined) stub.push(`${begin[1]}${begin[2]}`);
    } else if (END.test(line)) {
      isTask = false;
    } else {
      solution.push(line);
      if (!isTask) stub.push(line);
    }
  }
  if (isTask) throw new Error('a task has no end');
  return { stub: stub.join('\n'), solution: solution.join('\n') };
}

/** Writes lectures and hints unchanged, and the stub and the solution of each program, in JavaScript and in TypeScript. */
export function copyLessons(from, to) {
  cpSync(from, to, { recursive: true, filter: (path) => !path.endsWith('.ts') });
  const programs = [];
  for (const name of readdirSync(to)) {
    const folder = `${to}/${name}`;
    const program = readProgram(readFileSync(`${folder}/${PROGRAM}`, 'utf8'));
    if (existsSync(`${folder}/stub.js`)) program.stub = readFileSync(`${folder}/stub.js`, 'utf8');
    for (const which of ['stub', 'solution']) {
      programs.push(program[which]);
      writeFileSync(`${folder}/${which}.js`, program[which]);
      writeFileSync(`${folder}/${which}.ts`, withTypes(program[which], name, which));
    }
    rmSync(`${folder}/${PROGRAM}`);
  }
  const unused = unusedTypes(programs);
  if (unused.length > 0) throw new Error(`scripts/lesson-types.mjs has lines that are in no program: ${unused.join(' ')}`);
}

// Programs of the course: one file says both what a learner begins with and what it becomes.
//
//     // task: throw new Error('next is not written yet');       what stands in the stub, a line each; perhaps none
//     …                                                          what stands in the solution
//     // end of task
//
// A lesson that begins with another program has that as its stub.js; what it becomes is program.js.

import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const PROGRAM = 'program.js';

const BEGIN = /^( *)\/\/ task:(?: (.*))?$/;
const END = /^ *\/\/ end of task$/;

/** The stub and the solution that a program stands for. Throws for a task without an end. */
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

/** Lectures and hints as they are, and of each program its stub and its solution. */
export function copyLessons(from, to) {
  cpSync(from, to, { recursive: true, filter: (path) => !path.endsWith('.ts') });
  for (const name of readdirSync(to)) {
    const { stub, solution } = readProgram(readFileSync(`${to}/${name}/${PROGRAM}`, 'utf8'));
    if (!existsSync(`${to}/${name}/stub.js`)) writeFileSync(`${to}/${name}/stub.js`, stub);
    writeFileSync(`${to}/${name}/solution.js`, solution);
    rmSync(`${to}/${name}/${PROGRAM}`);
  }
}

// The built command line in a process that is kept: gets the arguments of one run after the other, and sends what each has printed, and its exit code.
// For commands that neither serve nor end the process.
import { createRequire } from 'node:module';

const { runCommandLine } = createRequire(import.meta.url)('../../dist/cli/lab.js');
const send = process.send.bind(process);
let printed = { stdout: [], stderr: [] };
for (const name of ['stdout', 'stderr']) {
  process[name].write = (chunk) => {
    printed[name].push(Buffer.from(chunk));
    return true;
  };
}
const start = {
  takeThread() {
    throw new Error('it starts a server');
  },
  isOver() {},
};
const text = (parts) => Buffer.concat(parts).toString();

process.on('message', async (args) => {
  printed = { stdout: [], stderr: [] };
  const code = await runCommandLine(args, start);
  send({ code, stdout: text(printed.stdout), stderr: text(printed.stderr) });
});

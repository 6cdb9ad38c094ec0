// Tests many programs one after the other in one process, as dist/course/run.js tests one: Node takes longer to start than the tests of a lesson take.
// For programs that return, of which nothing is left when a test is over. Gets { file, number, kernel }, and sends the messages of that run.
const run = new URL('../../dist/course/run.js', import.meta.url).href;
const send = process.send.bind(process);
let told = [];
process.send = (message) => void told.push(message);
// At its end run.js leaves the process.
process.disconnect = () => {};
process.exit = () => {};

let last = Promise.resolve();
process.on('message', ({ file, number, kernel }) => {
  last = last.then(async () => {
    told = [];
    process.argv = [...process.argv.slice(0, 2), file, number, kernel];
    // A module is run once; under another address it is another module, with tests of its own.
    await import(`${run}?${encodeURIComponent(file)}`);
    send({ file, messages: told });
  });
});

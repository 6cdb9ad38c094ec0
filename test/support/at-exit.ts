/** Cleaning up when this process exits: one listener for all of it, since Node.js warns of more than ten. */
const pending = new Set<() => void>();

/** Calls `run`, which must be synchronous, when this process exits; the function that is returned cancels that. */
export function atExit(run: () => void): () => void {
  if (pending.size === 0) process.on('exit', runAll);
  pending.add(run);
  return () => {
    if (pending.delete(run) && pending.size === 0) process.off('exit', runAll);
  };
}

function runAll(): void {
  for (const run of pending) run();
}

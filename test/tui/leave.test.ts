/** How the lab is left: see leave.ts. */
import { describe, expect, test, vi } from 'vitest';
import { Leave, type Outcome } from '../../src/tui/leave.js';

/** A server that ends when the test says so. */
function leaving(hasData = true) {
  const done: string[] = [];
  const wishes: ((outcome: Outcome | Error) => void)[] = [];
  const leave = new Leave({
    shutDown: hasData ? (signal) => new Promise((resolve, reject) => {
      done.push(signal);
      wishes.push((outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)));
    }) : null,
    language: 'en',
    say: (text) => void done.push(`say ${text}`),
    end: (code, message = '') => void done.push(`end ${code} ${message}`.trim()),
  });
  const answer = async (outcome: Outcome | Error): Promise<void> => {
    wishes.shift()!(outcome);
    await Promise.resolve().then(() => {}).then(() => {}).then(() => {});
  };
  return { leave, done, answer };
}

describe('leaving', () => {
  test('ends at once where there is nothing to save', () => {
    const { leave, done } = leaving(false);
    leave.begin('SIGTERM');
    expect(done).toEqual(['end 0']);
  });

  test('waits for the end of the server, whose own end it is', async () => {
    const { leave, done, answer } = leaving();
    leave.begin('SIGTERM');
    await answer('ends');
    expect(done).toEqual(['SIGTERM']);
    const other = leaving();
    other.leave.begin('SIGINT');
    await other.answer(new Error('the loop thread has ended'));
    expect(other.done).toEqual(['SIGINT']);
  });

  test('does not wait for a command that never ends', async () => {
    const { leave, done, answer } = leaving();
    leave.begin('SIGTERM');
    await answer('busy');
    expect(done).toEqual(['SIGTERM', 'end 0']);
  });

  test('ends at once if it is wished again meanwhile, but not by the end of a terminal', () => {
    const { leave, done } = leaving();
    leave.begin('SIGHUP');
    leave.begin('SIGHUP', true);
    expect(done).toEqual(['SIGHUP']);
    leave.begin('SIGTERM');
    expect(done).toEqual(['SIGHUP', 'end 0']);
  });

  test('that fails is said, tried again, and then final', async () => {
    const { leave, done, answer } = leaving();
    leave.begin('SIGTERM');
    await answer({ complaint: 'no disk' });
    expect(leave.isUnderWay).toBe(false);
    leave.begin('SIGTERM');
    await answer({ complaint: 'still none' });
    expect(done).toEqual([
      'SIGTERM', 'say not ended: no disk (once more: tries again, and ends in any case)', 'SIGTERM', 'end 1 redis-lab: ended without saving: still none',
    ]);
  });

  test('that fails is final at once without a terminal', async () => {
    const { leave, done, answer } = leaving();
    leave.begin('SIGHUP');
    await answer({ complaint: 'no disk' });
    expect(done).toEqual(['SIGHUP', 'end 1 redis-lab: ended without saving: no disk']);
  });

  test('says what it waits for, again and again, until it is over', async () => {
    vi.useFakeTimers();
    const { leave, done, answer } = leaving();
    leave.begin('SIGTERM');
    vi.advanceTimersByTime(10_000);
    expect(done.slice(1)).toEqual(Array(3).fill('say the server saves its data and waits for replicas: once more ends it at once'));
    await answer('ends');
    vi.advanceTimersByTime(60_000);
    expect(done.length).toBe(4);
    vi.useRealTimers();
  });
});

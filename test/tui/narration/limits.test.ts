/** What is told to a terminal that does not take it. */
import { openSync } from 'node:fs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { withinLimits } from '../../../src/tui/narration/index.js';
import { PatientOutput } from '../../../src/tui/terminal/patient-output.js';

test('for a blocked terminal a megabyte is kept; later lines are dropped, and the next line says how many', () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  let taken = '';
  let takes = false;
  const output = new PatientOutput(openSync('/dev/null', 'w'), (_, bytes) => {
    if (!takes) throw Object.assign(new Error('EAGAIN'), { code: 'EAGAIN' });
    taken += Buffer.from(bytes).toString();
    return bytes.length;
  });
  const write = withinLimits(output, 'en');
  const line = `${'x'.repeat(99_999)}\n`;
  // At once, to a terminal that is only slow: nothing is missing.
  for (let i = 0; i < 20; i++) write(line);
  vi.advanceTimersByTime(3000);
  for (let i = 0; i < 9; i++) write(line);
  takes = true;
  output.flushNow();
  expect(taken.length / line.length).toBe(20);
  taken = '';
  write('the next one\n');
  write('and another\n');
  expect(taken).toBe('9 lines are missing here: the output was not read\nthe next one\nand another\n');
  output.destroy();
});

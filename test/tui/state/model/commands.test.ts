import { expect, test } from 'vitest';
import type { Snapshot } from '../../../../src/server/index.js';
import { commandRows, commandsSlice, type CommandsModel } from '../../../../src/tui/state/model/commands.js';
import type { Entry } from '../../../../src/tui/state/slice.js';
import { after, happened } from '../../happened.js';

/** A request of 20 bytes that is executed and answered by 5. */
function asked(token: number, frame: number, command: string, elapsedUs: number): readonly Entry[] {
  return [
    happened(0, { kind: 'frame', token, frame, bytes: 20, argv: [command], raw: '' }),
    happened(0, { kind: 'execute', token, frame, command, elapsedUs, keys: [], db: 0 }),
    happened(0, { kind: 'reply', token, frame, bytes: 5, raw: '' }),
  ];
}

const counted = (commands: Snapshot['commands']): Entry => ({ type: 'snapshot', snapshot: { commands } as unknown as Snapshot });
const callers = (model: CommandsModel, command: string): readonly (readonly number[])[] => model.traced.get(command)!.clients.sorted().map(({ token, calls }) => [token, calls]);

test('each command has its calls, times, bytes and callers', () => {
  const model = after(commandsSlice, ...asked(5, 1, 'get', 3), ...asked(5, 2, 'get', 9), ...asked(7, 1, 'get', 4), ...asked(7, 2, 'set', 1));
  expect(model.traced.get('get')).toMatchObject({ calls: 3, elapsedUs: 16, maxUs: 9, bytesRead: 60, bytesWritten: 15 });
  expect(callers(model, 'get')).toEqual([[5, 2], [7, 1]]);
  expect(callers(model, 'set')).toEqual([[7, 1]]);
});

test('the bytes of a transaction are those of EXEC, and unsolicited messages have no command', () => {
  const model = after(
    commandsSlice,
    happened(0, { kind: 'frame', token: 5, frame: 3, bytes: 14, argv: ['EXEC'], raw: '' }),
    happened(0, { kind: 'execute', token: 5, frame: 3, command: 'incr', elapsedUs: 2, keys: [], db: 0 }),
    happened(0, { kind: 'execute', token: 5, frame: 3, command: 'exec', elapsedUs: 4, keys: [], db: 0 }),
    happened(0, { kind: 'reply', token: 5, frame: 3, bytes: 8, raw: '' }),
    happened(0, { kind: 'reply', token: 9, frame: 0, bytes: 99, raw: '' }),
  );
  expect([model.traced.get('incr'), model.traced.get('exec')]).toMatchObject([{ calls: 1, bytesRead: 0, bytesWritten: 0 }, { calls: 1, bytesRead: 14, bytesWritten: 8 }]);
});

test('a disconnected client is no longer named, but stays counted', () => {
  const model = after(commandsSlice, ...asked(5, 1, 'get', 3), ...asked(7, 1, 'get', 4), happened(0, { kind: 'disconnect', token: 5, why: 'EOF' }));
  expect(callers(model, 'get')).toEqual([[7, 1]]);
  expect(model.traced.get('get')!.calls).toBe(2);
});

test('where the server has been asked its figures count, and say whether what was traced is all', () => {
  const times = { p50Us: 2, p99Us: 8, maxUs: 9 };
  const model = after(commandsSlice, ...asked(5, 1, 'get', 3), counted([{ name: 'get', calls: 4000, elapsedUs: 9000, times }, { name: 'ping', calls: 1, elapsedUs: 1, times: null }]));
  expect(commandRows(model)).toMatchObject([
    { name: 'get', calls: 4000, elapsedUs: 9000, times, maxUs: 9, isPart: true },
    { name: 'ping', calls: 1, times: null, maxUs: null, isPart: true },
  ]);
  expect(commandRows(after(commandsSlice, ...asked(5, 1, 'get', 3)))).toMatchObject([{ name: 'get', calls: 1, times: null, maxUs: 3, isPart: false }]);
});

import { expect, test } from 'vitest';
import { initialModel, reduceModel } from '../../../../src/tui/state/model/model.js';
import { PANES } from '../../../../src/tui/view/panes/index.js';
import { dropped } from '../../happened.js';
import { stage } from '../../scene.js';

test('a trace that begins anywhere, in the middle of a request too, can be reduced and drawn', () => {
  using scene = stage();
  const client = scene.connect();
  const blocked = scene.connect();
  blocked.sendCommand('BLPOP', 'list', '0');
  client.ask('MULTI');
  client.ask('RPUSH', 'list', 'item');
  client.ask('EXEC');
  client.ask('SET', 'key', 'value', 'PX', '50');
  scene.advance(200);
  client.send('*2\r\n$3\r\nGE');
  scene.lab.settle();
  client.send('T\r\n$3\r\nkey\r\n');
  scene.lab.settle();
  blocked.close();
  scene.lab.settle();
  const { entries } = scene;
  expect(entries.length).toBeGreaterThan(50);
  for (let start = 0; start < entries.length; start++) {
    scene.model = [dropped(1, 1), ...entries.slice(start)].reduce(reduceModel, initialModel);
    for (const pane of Object.values(PANES)) expect(scene.draw(pane, { width: 60, height: 12 })).toHaveLength(12);
  }
});

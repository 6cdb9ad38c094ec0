/**
 * What a file that is named on the command line is: its content decides.
 */
import { expect, test } from 'vitest';
import { looksLikeProgram } from '../../src/cli/program-argument.js';

test.each([
  ["import { Poll } from 'redis-lab/poll';\n", 'loop.js'],
  ["// my loop\nimport { Poll } from 'redis-lab/poll';\n", 'loop'],
  ['#!/usr/bin/env node\nport();\n', 'loop'],
  ['\ufeff/* mine */ const a = 1;'.replace('\ufeff', '\xef\xbb\xbf'), 'loop'],
  ["'use strict';\nlet y = ;\n", 'loop'],
  ['run();\n', 'loop.mjs'],
  ['', 'empty.js'],
  ['"use strict";\n', 'loop'],
  ["'port';\n", 'loop.js'],
])('%j in %s is a program', (text, name) => {
  expect(looksLikeProgram(text, name)).toBe(true);
});

test.each([
  ['port 7000\n', 'redis.conf'],
  ['# port of the lab\n\nport 7000\n', 'conf.js'],
  ['#!/usr/bin/redis-server\nport 7000\n', 'conf'],
  ['maxmemory 100mb\r\nsave ""\r\n', 'conf.ts'],
  ['run();\n', 'run'],
  ['', 'empty.conf'],
  ['no-such-setting 1\n', 'redis.conf'],
  ['"port" 7000\n', 'redis.conf'],
  ["'Port' 7000\n", 'conf.js'],
])('%j in %s is none', (text, name) => {
  expect(looksLikeProgram(text, name)).toBe(false);
});

/** Why there is no server, in both languages. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { StartError } from '../../src/server/index.js';
import { toText } from '../../src/server/config/bytes.js';
import { explain } from '../../src/cli/explain.js';

const said = (error: unknown): readonly string[] => [toText(explain(error)), toText(explain(error, 'ko'))];

test('an address that is taken, and a file that is not there', () => {
  expect(said(new StartError({ message: 'bind: EADDRINUSE', code: 'EADDRINUSE', address: { host: '127.0.0.1', port: 6379 } }))).toEqual([
    'cannot listen on 127.0.0.1:6379: the address is already in use', '127.0.0.1:6379에서 접속을 받을 수 없습니다: 이미 사용 중인 주소입니다',
  ]);
  const missing = (() => {
    try {
      return readFileSync('./mine.json');
    } catch (error) {
      return error;
    }
  })();
  expect(said(missing)).toEqual(["cannot open './mine.json': no such file or directory", "'./mine.json' 파일을 열 수 없습니다: 그런 파일이나 폴더가 없습니다"]);
});

test('what has no Korean is said in English as a whole', () => {
  const error = new StartError({ message: 'epoll: EMFILE', code: 'EMFILE', address: null });
  expect(said(error)).toEqual(['epoll: EMFILE', 'epoll: EMFILE']);
});

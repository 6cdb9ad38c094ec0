/**
 * Explains why there is no server, in one line for users; unexpected errors keep their details.
 */
import { toBytes } from '../server/config/bytes.js';
import { formatAddress, OutOfMemoryError, StartError } from '../server/index.js';
import type { Language } from '../shared/language.js';
import { reasonOf } from '../shared/system-reasons.js';
import { FileExistsError } from './trace-file.js';

const REASONS_IN_KOREAN: { readonly [code: string]: string } = {
  EACCES: '권한이 없습니다',
  EADDRINUSE: '이미 사용 중인 주소입니다',
  EADDRNOTAVAIL: '이 컴퓨터에 없는 주소입니다',
  EISDIR: '폴더입니다',
  ELOOP: '심볼릭 링크가 너무 많습니다',
  ENOENT: '그런 파일이나 폴더가 없습니다',
  ENOSPC: '장치에 남은 공간이 없습니다',
  ENOTDIR: '폴더가 아닙니다',
  ENXIO: '그런 장치나 주소가 없습니다',
  EROFS: '읽기 전용 파일 시스템입니다',
};

/** Returns a byte string. @param language of what learners meet first: addresses and files that cannot be used */
export function explain(error: unknown, language: Language = 'en'): string {
  const { path, message, stack } = error as NodeJS.ErrnoException;
  const inKorean = language === 'ko' ? explainInKorean(error) : null;
  if (inKorean !== null) return toBytes(inKorean);
  if (error instanceof StartError || error instanceof OutOfMemoryError) return toBytes(message);
  // Its message is already a byte string.
  if (error instanceof FileExistsError) return message;
  if (path !== undefined) return toBytes(`cannot open '${path}': ${reasonOf(error)}`);
  return toBytes(stack ?? message ?? String(error));
}

/** Null: there is no Korean text for it. */
function explainInKorean(error: unknown): string | null {
  const { code, path } = error as NodeJS.ErrnoException;
  const reason = REASONS_IN_KOREAN[code ?? ''];
  if (reason === undefined || error instanceof FileExistsError) return null;
  if (error instanceof StartError) return error.address === null ? null : `${formatAddress(error.address)}에서 접속을 받을 수 없습니다: ${reason}`;
  return path === undefined ? null : `'${path}' 파일을 열 수 없습니다: ${reason}`;
}

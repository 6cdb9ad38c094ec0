/**
 * FolderClaim: finds out whether another redis-lab on this machine writes to the same folder.
 *
 * The claim is a name among Linux's abstract sockets: it belongs to one process at a time, is gone with it however that ends, and is no file. Elsewhere, and in
 * containers that share a folder and not the network, nothing is found out.
 */
import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';

/** Releases a claim. */
export type Release = () => void;

/** Claims a folder, which need not exist if the one around it does. Resolves with null if another process, or this one, has claimed it. */
export function claimFolder(around: string, name: string): Promise<Release | null> {
  const path = resolve(existsSync(around) ? realpathSync(around) : around, name);
  const socket = createServer((connection) => void connection.destroy()).unref();
  return new Promise((done) => {
    socket.once('error', ({ code }: NodeJS.ErrnoException) => done(code === 'EADDRINUSE' ? null : () => {}));
    if (process.platform !== 'linux') return done(() => {});
    socket.listen({ path: `\0redis-lab ${createHash('sha256').update(path).digest('hex')}` }, () => done(() => void socket.close()));
  });
}

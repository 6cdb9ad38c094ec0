/**
 * The packed tarball, installed in an empty folder without a network: what it holds, and beside it the one package that it needs.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = new URL('../../', import.meta.url).pathname;

export interface Installed {
  readonly folder: string;
  /** What `redis-lab` runs. */
  readonly main: string;
  remove(): void;
}

/** The tarball, packed once in a run. Renamed when it is whole: files are tested at the same time. */
function packed(): string {
  const tarball = join(process.env.RUN_FOLDER!, 'packed.tgz');
  if (existsSync(tarball)) return tarball;
  const folder = mkdtempSync(join(process.env.RUN_FOLDER!, 'packing-'));
  const name = execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT, encoding: 'utf8' }).trim();
  renameSync(join(folder, name), tarball);
  return tarball;
}

export function installPacked(): Installed {
  const folder = mkdtempSync(join(tmpdir(), 'redis-lab-installed-'));
  const installed = join(folder, 'node_modules', 'redis-lab');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', packed(), '-C', installed, '--strip-components', '1']);
  symlinkSync(join(ROOT, 'node_modules', '@koromix'), join(folder, 'node_modules', '@koromix'));
  return { folder, main: join(installed, 'dist', 'cli', 'main.js'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

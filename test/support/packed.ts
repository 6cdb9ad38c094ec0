/**
 * The packed tarball, installed in an empty folder without a network: what it holds, and beside it the one package that it needs.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = new URL('../../', import.meta.url).pathname;

export interface Installed {
  readonly folder: string;
  /** What `redis-lab` runs. */
  readonly main: string;
  remove(): void;
}

export function installPacked(): Installed {
  const folder = mkdtempSync(join(tmpdir(), 'redis-lab-installed-'));
  const packed = execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT, encoding: 'utf8' }).trim();
  const installed = join(folder, 'node_modules', 'redis-lab');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(folder, packed), '-C', installed, '--strip-components', '1']);
  symlinkSync(join(ROOT, 'node_modules', '@koromix'), join(folder, 'node_modules', '@koromix'));
  return { folder, main: join(installed, 'dist', 'cli', 'main.js'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

// Around `npm pack`: `prepare` builds a checkout, but a package comes built. npm 11 would ask the user at installation whether that script may run, so the packed package.json has none.
//
//   node scripts/packing.mjs begin [FOLDER]    before: puts the checkout's package.json aside
//   node scripts/packing.mjs end [FOLDER]      after: puts it back
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [step, folder = fileURLToPath(new URL('..', import.meta.url))] = process.argv.slice(2);
const manifest = join(folder, 'package.json');
const aside = `${manifest}.aside`;

if (step === 'begin' && !existsSync(aside)) {
  const text = readFileSync(manifest, 'utf8');
  const { scripts, allowScripts: _, ...rest } = JSON.parse(text);
  delete scripts.prepare;
  writeFileSync(aside, text);
  writeFileSync(manifest, `${JSON.stringify({ ...rest, scripts }, null, 2)}\n`);
} else if (step === 'end' && existsSync(aside)) {
  renameSync(aside, manifest);
}

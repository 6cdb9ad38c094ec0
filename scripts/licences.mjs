// The licence texts of the packages that a bundle contains: they must accompany every copy.
import { readdirSync, readFileSync } from 'node:fs';

/**
 * One text with a section for each package, by name.
 *
 * @param root the folder that the paths start from, with a slash at its end
 * @param metafile esbuild's metadata of a build: only packages of which an output contains something are listed
 * @param copied names of packages of which files are copied
 */
export function licencesOf(root, metafile, copied = []) {
  const folders = new Set(copied.map((name) => `node_modules/${name}`));
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = /^.*\bnode_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0];
      if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
    }
  }
  return [...folders].map((folder) => sectionOf(root + folder)).sort().join('\n');
}

function sectionOf(folder) {
  const { name, version, license, author } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  const texts = files.map((file) => readFileSync(`${folder}/${file}`, 'utf8').trim());
  // yoga-layout is the only package without a licence text of its own.
  if (texts.length === 0) texts.push(`Copyright (c) ${author?.name ?? author}. Licensed under ${license}, in the words of the other packages; this one comes without them.`);
  return `${name} ${version}\n${'='.repeat(name.length + version.length + 1)}\n\n${texts.join('\n\n')}\n`;
}

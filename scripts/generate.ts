import { readFile, writeFile } from 'node:fs/promises';
import { generateFiles } from './generated-files.ts';

/**
 * `npm run generate` writes the files that are made from the schemas;
 * `npm run generate -- --check` writes nothing and fails when one of them differs.
 */
const top = new URL('../', import.meta.url);
const isCheck = process.argv.includes('--check');
const different: string[] = [];

for (const { path, content } of generateFiles()) {
  const present = await readFile(new URL(path, top), 'utf8').catch(() => null);
  if (present === content) continue;
  different.push(path);
  if (!isCheck) await writeFile(new URL(path, top), content);
}

if (isCheck && different.length > 0) {
  console.error(`not up to date: ${different.join(', ')}\nfix: npm run generate`);
  process.exitCode = 1;
} else {
  console.log(different.length === 0 ? 'generated files are up to date' : `written: ${different.join(', ')}`);
}

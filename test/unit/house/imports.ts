import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** An import of one file of the repository by another; paths are relative to the repository and use `/`. */
export interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const repository = join(import.meta.dirname, '..', '..', '..');
const STATEMENT = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'(\.[^']*)'/gm;
const DYNAMIC = /\bimport\(\s*'(\.[^']*)'/g;

/** The relative imports in `source`, static, re-exporting and dynamic. */
export function importsOf(file: string, source: string): Import[] {
  const target = (specifier: string) =>
    relative(repository, resolve(repository, dirname(file), specifier))
      .split(sep)
      .join('/');
  return [
    ...[...source.matchAll(STATEMENT)].map(([, type, specifier = '']) => ({
      from: file,
      to: target(specifier),
      typeOnly: type !== undefined,
    })),
    ...[...source.matchAll(DYNAMIC)].map(([, specifier = '']) => ({ from: file, to: target(specifier), typeOnly: false })),
  ];
}

/** The relative imports of every TypeScript file below `folder`. */
export function importsBelow(folder: string): Import[] {
  return readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name.split(sep).join('/')}`)
    .flatMap((file) => importsOf(file, readFileSync(join(repository, file), 'utf8')));
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

const root = join(import.meta.dirname, '../../..');

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Anchors and merge keys (`<<`) resolved, as Docker Compose does. */
export function readYaml<T>(path: string): T {
  // `!reset` and `!override` are Compose's own tags.
  return parse(readText(path), { merge: true, logLevel: 'error' }) as T;
}

export function readYamlDocuments<T>(path: string): T[] {
  return parseAllDocuments(readText(path)).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS() as T;
  });
}

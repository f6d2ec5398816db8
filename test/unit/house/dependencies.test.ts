import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import packageLock from '../../../package-lock.json' with { type: 'json' };

interface LockedPackage {
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
}

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'dependencies.md'), 'utf8');
const { '': _project, ...locked } = packageLock.packages as Readonly<Record<string, LockedPackage>>;
const packages = Object.values(locked);

/** The packages in the table below a heading, each with its licence. */
function tableBelow(heading: string): Record<string, string> {
  const [, section = ''] = page.split(`## ${heading}\n`);
  const [table = ''] = section.split('\n## ');
  return Object.fromEntries(
    [...table.matchAll(/^\| `([^`]+)` \| [^|]+ \| ([^|]+) \|/gm)].map(([, name = '', licence = '']) => [name, licence]),
  );
}

function licencesOf(dependencies: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.keys(dependencies).map((name) => [name, locked[`node_modules/${name}`]?.license ?? '']));
}

test('docs/dependencies.md explains every direct dependency of the service, and nothing else', () => {
  expect(tableBelow('For the service')).toEqual(licencesOf(packageJson.dependencies));
});

test('and every one of development', () => {
  expect(tableBelow('For development and tests')).toEqual(licencesOf(packageJson.devDependencies));
});

test('packages without a hash are optional builds only', () => {
  const unhashed = packages.filter(({ integrity }) => integrity === undefined);
  expect(unhashed.filter(({ optional }) => optional !== true)).toEqual([]);
});

test('every licence of the service is named', () => {
  const licences = new Set(packages.filter(({ dev }) => dev !== true).map(({ license = 'none' }) => license));
  for (const licence of licences) expect(page).toContain(licence);
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importsBelow, importsOf } from './imports.ts';
import { forbiddenImports, parseRoomTable } from './room-table.ts';

const src = join(import.meta.dirname, '..', '..', '..', 'src');
const table = parseRoomTable(readFileSync(join(src, 'README.md'), 'utf8'));

describe('the rooms of src', () => {
  test('are exactly those of the table in src/README.md', () => {
    const present = readdirSync(src).filter((name) => name !== 'README.md');
    expect([...table.keys()].sort()).toEqual(present.sort());
  });

  test('import only what the table allows', () => {
    expect(forbiddenImports(table, importsBelow('src'))).toEqual([]);
  });

  test('never import back from the domain', () => {
    expect(table.get('domain')?.mayImport).toEqual(new Map());
  });
});

test('the simulator imports nothing of the service but types of the domain', () => {
  const ofService = importsBelow('simulator').filter(({ to }) => to.startsWith('src/'));
  expect(ofService.filter(({ to, typeOnly }) => !typeOnly || !to.startsWith('src/domain/'))).toEqual([]);
});

describe('the check itself', () => {
  const small = parseRoomTable(
    ['| `domain` | words | |', '| `worker` | works | `domain`, `inbox` (types) |', '| `main.ts` | starts | all |'].join('\n'),
  );
  const forbidden = (file: string, source: string) => forbiddenImports(small, importsOf(file, source));

  test.each([
    ['an import that points back', 'src/domain/event.ts', "import { work } from '../worker/work.ts';"],
    ['a type import that points back', 'src/domain/event.ts', "import type { Work } from '../worker/work.ts';"],
    ['an import over several lines', 'src/domain/event.ts', "import {\n  a,\n  b,\n} from '../worker/work.ts';"],
    ['a re-export', 'src/domain/event.ts', "export { work } from '../worker/work.ts';"],
    ['an import for its effect', 'src/domain/event.ts', "import '../worker/work.ts';"],
    ['a dynamic import', 'src/domain/event.ts', "const work = await import('../worker/work.ts');"],
    ['a value where only types are allowed', 'src/worker/work.ts', "import { read } from '../inbox/inbox.ts';"],
    ['a file outside src', 'src/worker/work.ts', "import { start } from '../../harness/service-process.ts';"],
    ['a room that the table does not have', 'src/shed/tool.ts', "import { event } from '../domain/event.ts';"],
  ])('finds %s', (_, file, source) => {
    expect(forbidden(file, source)).toHaveLength(1);
  });

  test.each([
    ['a room of the last column', 'src/worker/work.ts', "import { event } from '../domain/event.ts';"],
    ['a type where types are allowed', 'src/worker/work.ts', "import type { Inbox } from '../inbox/inbox.ts';"],
    ['a neighbour in the same room', 'src/worker/work.ts', "import { decide } from './decide.ts';"],
    ['a package', 'src/domain/event.ts', "import { z } from 'zod';"],
    ['everything in the entry', 'src/main.ts', "import { work } from './worker/work.ts';"],
  ])('allows %s', (_, file, source) => {
    expect(forbidden(file, source)).toEqual([]);
  });
});

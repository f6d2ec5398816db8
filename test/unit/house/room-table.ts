import type { Import } from './imports.ts';

export type RoomTable = ReadonlyMap<string, RoomRow>;

interface RoomRow {
  /** Rooms that may be imported; `types` when only by `import type`. */
  readonly mayImport: ReadonlyMap<string, 'all' | 'types'> | 'all';
}

const ROW = /^\| `([^`]+)` \|.*\|([^|]*)\|$/gm;
const ROOM = /`([^`]+)`( \(types\))?/g;

/** Reads the table of `src/README.md`. */
export function parseRoomTable(markdown: string): RoomTable {
  return new Map(
    [...markdown.matchAll(ROW)].map(([, room = '', cell = '']) => [
      room,
      {
        mayImport:
          cell.trim() === 'all'
            ? 'all'
            : new Map([...cell.matchAll(ROOM)].map(([, name = '', types]) => [name, types === undefined ? 'all' : 'types'])),
      },
    ]),
  );
}

/** `src/worker/decide.ts` is of the room `worker`, `src/main.ts` of `main.ts`; `null` outside `src`. */
function roomOf(file: string): string | null {
  const [top, room] = file.split('/');
  return top === 'src' && room !== undefined ? room : null;
}

/** One sentence for each import that the table does not allow. */
export function forbiddenImports(table: RoomTable, imports: readonly Import[]): string[] {
  return imports.flatMap((statement) => {
    const from = roomOf(statement.from);
    const to = roomOf(statement.to);
    if (from === null || from === to || statement.to === 'package.json') return [];
    if (to === null) return [`${statement.from} imports ${statement.to}, which is outside src`];
    const allowed = table.get(from)?.mayImport ?? new Map();
    const how = allowed === 'all' ? 'all' : allowed.get(to);
    if (how === 'all' || (how === 'types' && statement.typeOnly)) return [];
    return [
      `${statement.from} imports ${statement.to}: ${from} may ${how === 'types' ? 'import only types of' : 'not import'} ${to}`,
    ];
  });
}

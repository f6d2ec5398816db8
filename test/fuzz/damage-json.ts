import type { Random } from '../chaos/random.ts';

/** Deeper than what is stored, but nothing that `JSON.stringify` here could not write. */
const DEEP: unknown = JSON.parse('['.repeat(150) + ']'.repeat(150));
const ODD_VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1.5,
    1e308,
    2 ** 53,
    '',
    ' ',
    '\0',
    '\ud800',
    '__proto__',
    'constructor',
    '..',
    '{id}',
    '${event.id}',
  ],
  ...[
    [],
    {},
    [[]],
    [null],
    { id: 1 },
    { constructor: 1 },
    DEEP,
    'x'.repeat(300),
    '2026-11-20T22:30:00Z',
    1_795_213_800_123,
    '1795213800123',
  ],
];
const ODD_NAMES: readonly string[] = [
  '__proto__',
  'constructor',
  'toString',
  'id',
  'conversationId',
  'topicName',
  'eventBody',
  'detail',
  '',
];

/** JSON of the value with one to three members or elements removed, added, or replaced by an odd value. */
export function damageJson(value: unknown, random: Random): string {
  const copy = structuredClone(value);
  for (let left = random.between(1, 3); left > 0; left -= 1) damageOne(copy, random);
  return JSON.stringify(random.chance(0.1) ? [copy, structuredClone(value)] : copy);
}

function damageOne(root: unknown, random: Random): void {
  let node = root;
  for (;;) {
    if (typeof node !== 'object' || node === null) return;
    const members = node as Record<string, unknown>;
    const names = Object.keys(members);
    const name = names.length === 0 || random.chance(0.15) ? random.pick(ODD_NAMES) : random.pick(names);
    const inner = Object.hasOwn(members, name) ? members[name] : undefined;
    if (typeof inner === 'object' && inner !== null && random.chance(0.7)) node = inner;
    else {
      change(members, name, random);
      return;
    }
  }
}

function change(members: Record<string, unknown>, name: string, random: Random): void {
  if (random.chance(0.25)) delete members[name];
  else add(members, name, structuredClone(random.pick(ODD_VALUES)));
}

/** As data, not by assignment: that of `__proto__` would set the prototype. */
function add(members: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(members, name, { value, enumerable: true, configurable: true, writable: true });
}

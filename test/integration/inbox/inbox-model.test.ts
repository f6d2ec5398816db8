import fc from 'fast-check';
import { expect } from 'vitest';
import type { InboxItem } from '../../../src/inbox/inbox.ts';
import { createInbox, type RedisInbox } from '../../../src/inbox/redis-inbox.ts';
import { sampleEntry } from '../../sample-entry.ts';
import { test } from '../redis-scope.ts';

type Fate = 'remove' | 'replace' | 'leave';
type Step =
  | { readonly kind: 'append'; readonly ids: readonly number[] }
  | { readonly kind: 'settle'; readonly fates: readonly Fate[]; readonly stale: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('append' as const), ids: fc.array(fc.nat(30), { minLength: 1, maxLength: 6 }) }),
  fc.record({
    kind: fc.constant('settle' as const),
    fates: fc.array(fc.constantFrom<Fate>('remove', 'replace', 'leave'), { minLength: 1, maxLength: 8 }),
    stale: fc.boolean(),
  }),
);

/** An inbox as a plain list of `id:attempts`, and what it must answer. */
class Model {
  list: string[] = [];
  readonly seen = new Set<number>();

  append(ids: readonly number[]): string[] {
    return ids.map((id) => {
      if (this.seen.has(id)) return 'duplicate';
      this.seen.add(id);
      this.list.push(`${id}:0`);
      return 'accepted';
    });
  }

  settle(named: ReadonlyMap<string, string | null>): boolean {
    if (![...named.keys()].every((item) => this.list.includes(item))) return false;
    this.list = this.list.map((item) => (named.has(item) ? (named.get(item) ?? null) : item)).filter((item) => item !== null);
    return true;
  }
}

const describe = ({ entry }: InboxItem) => `${entry?.id.split('-')[1]}:${entry?.attempts}`;

/** Settles both by the same fates and answers whether each did. */
async function settleBoth(inbox: RedisInbox, model: Model, id: string, items: readonly InboxItem[], fates: readonly Fate[]) {
  const withFate = (fate: Fate) => items.filter((_, index) => (fates[index] ?? 'leave') === fate);
  const replace = withFate('replace').flatMap((item) =>
    item.entry === null ? [] : [{ item, entry: { ...item.entry, attempts: item.entry.attempts + 1 } }],
  );
  const named = new Map<string, string | null>(withFate('remove').map((item) => [describe(item), null]));
  for (const { item, entry } of replace) named.set(describe(item), describe({ ...item, entry }));
  const { settled, remaining } = await inbox.settle(id, { remove: withFate('remove'), replace });
  return { settled, expected: model.settle(named), remaining };
}

test('whatever is appended and settled in whatever order, the inbox is the list it should be', async ({ scope }) => {
  const inbox = createInbox({ redis: await scope.connect(), prefix: scope.prefix, dedupSeconds: 60 });
  let run = 0;
  const property = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
    run += 1;
    const id = `c-${run}`;
    const model = new Model();
    let read: InboxItem[] = [];
    for (const next of steps) {
      if (next.kind === 'append') {
        // The entry's key is unique to the run; its id is what the model knows.
        const answers = await inbox.append(next.ids.map((entry) => sampleEntry(id, `${run}-${entry}`)));
        expect(answers.map(({ status }) => status)).toEqual(model.append(next.ids));
      } else {
        if (!next.stale) read = await inbox.read(id, next.fates.length);
        const { settled, expected, remaining } = await settleBoth(inbox, model, id, read, next.fates);
        expect([settled, remaining]).toEqual([expected, model.list.length]);
      }
      expect((await inbox.read(id, 100)).map(describe)).toEqual(model.list);
      expect((await inbox.listPending(Date.now(), 0, 1_000)).includes(id)).toBe(model.list.length > 0);
    }
  });
  await fc.assert(property, { numRuns: 60 });
});

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { UNRELATED_KINDS, unrelatedContent } from '../../simulator/other-events.ts';
import type { WorkerBed } from '../integration/worker/with-worker.ts';
import { outcomesOf, withField, writesOn } from './field-bed.ts';
import { conversationOf, eventOf, ruleOf, type Situation } from './situation.ts';
import { SITUATIONS } from './situations.ts';

test('each situation gives what somebody who knows Genesys would expect', async () => {
  const rules = SITUATIONS.map((situation) => ruleOf(situation.name, situation));
  await withField(rules, async (bed) => {
    const played = await Promise.all(SITUATIONS.map(async (situation) => [situation.name, await play(bed, situation)] as const));
    const expected = SITUATIONS.map(({ name, becomes, wrote = [] }) => [name, { becomes, wrote }] as const);
    expect(Object.fromEntries(played)).toEqual(Object.fromEntries(expected));
  });
});

test('what is not about a conversation is ignored, and takes nothing with it', async () => {
  await withField([], async (bed) => {
    for (const kind of UNRELATED_KINDS) {
      const { topicName, topicTemplate, eventBody } = unrelatedContent(kind, Date.now());
      const bridge = { 'detail-type': topicTemplate, id: `${kind}-1`, detail: { topicName, eventBody } };
      const { status, body } = await bed.deliver(JSON.stringify([bridge, { topicName, eventBody }]));
      expect([kind, status, body.events.map((event) => event.status)]).toEqual([kind, 202, ['ignored', 'ignored']]);
    }
  });
});

test('each situation names its source in README.md', () => {
  const page = readFileSync(new URL('./README.md', import.meta.url), 'utf8');
  expect(SITUATIONS.length).toBeGreaterThanOrEqual(40);
  expect(SITUATIONS.filter(({ name }) => !page.includes(`\`${name}\``)).map(({ name }) => name)).toEqual([]);
});

const BECAUSE: Readonly<Record<string, RegExp>> = {
  'accept-transfer': /Pending/,
  'transfer-fails': /Pending/,
  'begin-after-call-work': /after-call work/,
};

async function play(bed: WorkerBed, situation: Situation) {
  const { name, behaviour, next } = situation;
  bed.simulator.createConversation(conversationOf(name, situation), behaviour);
  const { status, body } = await bed.deliver(JSON.stringify(eventOf(name, situation)));
  expect([name, status, body.events[0]?.status]).toEqual([name, 202, 'accepted']);
  const id = body.events[0]?.id ?? '';
  if (next !== undefined) {
    await bed.waiting(id, BECAUSE[next.step] ?? /not connected yet/);
    await bed.simulator.advance(name, next);
  }
  const [becomes = ''] = outcomesOf(await bed.processed(id));
  return { becomes, wrote: writesOn(bed, name).map((write) => write.replace(`${name}-`, '')) };
}

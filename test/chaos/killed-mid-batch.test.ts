import { expect, it } from 'vitest';
import { waitUntil } from '../../harness/wait-until.ts';
import { patchesIn, post, withService } from '../e2e/with-service.ts';
import { findViolations } from './broken-promises.ts';
import { buildDelivery } from './build-delivery.ts';
import { listEvents } from './list-events.ts';
import type { EventKind } from './plan-events.ts';
import { isDrained } from './redis-state.ts';
import { LAST, RULES, seedOf } from './rules.ts';

const ID = 'call-1';

interface Case {
  readonly between: EventKind;
  /** Whether an earlier try, killed too, has written the first event's attributes. */
  readonly firstIsWritten: boolean;
}

/** The attributes before the second action are sent alone, because it comes between them and those after it. */
it.concurrent.each<Case>([
  { between: 'wrap-up', firstIsWritten: false },
  { between: 'transfer', firstIsWritten: false },
  { between: 'wrap-up', firstIsWritten: true },
])(
  'a batch that is done again after a kill does not undo what came after a $between (first one written before: $firstIsWritten)',
  {
    timeout: 90_000,
  },
  async ({ between, firstIsWritten }) => {
    await withService({ rules: RULES }, async ({ simulator, redisUrl, prefix, start }) => {
      const receiver = await start({ env: { ROLE: 'receiver' } });
      const killed = await start({ env: { ROLE: 'worker' } });
      simulator.createConversation(seedOf(ID));
      const events = listEvents(ID, ['tag', between, 'tag']);
      if (firstIsWritten) simulator.setAttributes(ID, `${ID}-customer`, { 'event-1': `${ID}-event-1`, [LAST]: '1' });
      else simulator.addFault({ call: 'patch-attributes', latencyMs: 1 });
      simulator.addFault({ call: 'patch-attributes', latencyMs: 60_000 });
      await post(receiver, buildDelivery(events));
      const patches = firstIsWritten ? 1 : 2;
      await waitUntil(() => patchesIn(simulator).length === patches, { what: 'the last PATCH, which is not answered' });
      await killed.kill();
      await start({ env: { ROLE: 'worker' } });
      await waitUntil(() => isDrained(redisUrl, prefix), { timeoutMs: 60_000, what: 'the second worker to take over' });
      expect(findViolations(events, simulator.executedWrites())).toEqual([]);
      expect(patchesIn(simulator)).toHaveLength(patches);
    });
  },
);

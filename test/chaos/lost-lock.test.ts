import { expect, it } from 'vitest';
import { waitUntil } from '../../harness/wait-until.ts';
import type { CallName } from '../../simulator/call-name.ts';
import { post, withService } from '../e2e/with-service.ts';
import { eventsIn, findViolations, transfersIn } from './broken-promises.ts';
import { buildDelivery } from './build-delivery.ts';
import { listEvents } from './list-events.ts';
import type { EventKind } from './plan-events.ts';
import { isDrained } from './redis-state.ts';
import { RULES, seedOf } from './rules.ts';

/** Each conversation's worker is stopped while Genesys takes its time to answer this call. */
const STOPPED_DURING: readonly CallName[] = ['get-conversation', 'patch-attributes', 'replace-participant'];
/** The answer comes while the worker is stopped; it finds it when it goes on. */
const ANSWERED_AFTER_MS = 5_000;
const BEFORE: readonly EventKind[] = ['tag', 'tag', 'transfer', 'tag'];
const AFTER: readonly EventKind[] = ['tag', 'tag'];

it('a worker that is stopped for longer than its lock, and goes on when another has taken over, does no harm', {
  timeout: 90_000,
}, async () => {
  await withService({ rules: RULES }, async ({ simulator, redisUrl, prefix, start }) => {
    // Patient enough to find the answers when it goes on.
    const env = { ROLE: 'worker', GENESYS_TIMEOUT_MS: '60000' };
    const receiver = await start({ env: { ROLE: 'receiver' } });
    const stopped = await start({ env });
    for (const id of STOPPED_DURING) {
      simulator.createConversation(seedOf(id));
      simulator.addFault({ call: id as CallName, conversationId: id, latencyMs: ANSWERED_AFTER_MS });
    }
    await post(receiver, buildDelivery(STOPPED_DURING.flatMap((id) => listEvents(id, BEFORE))));
    await waitUntil(() =>
      STOPPED_DURING.every((id) => simulator.journal().some((record) => record.conversationId === id && record.call === id)),
    );
    process.kill(stopped.pid, 'SIGSTOP');

    const second = await start({ env });
    await post(receiver, buildDelivery(STOPPED_DURING.flatMap((id) => listEvents(id, AFTER, BEFORE.length + 1))));
    await waitUntil(() => isDrained(redisUrl, prefix), { timeoutMs: 60_000, what: 'the second worker to take over' });
    process.kill(stopped.pid, 'SIGCONT');
    await stopped.waitForLog((line) => String(line.msg).startsWith('lost the lock'));
    // It ends when all that it had begun is over.
    expect(await stopped.stop()).toEqual({ code: 0, signal: null });
    await second.stop();

    for (const id of STOPPED_DURING) {
      const writes = simulator.executedWrites().filter((write) => write.conversationId === id);
      const lines = [...listEvents(id, BEFORE), ...listEvents(id, AFTER, BEFORE.length + 1)];
      expect(findViolations(lines, writes), id).toEqual([]);
      expect(transfersIn(writes), id).toHaveLength(1);
      const effects = writes.flatMap(({ write }) => (write.kind === 'attributes' ? eventsIn(write.attributes) : []));
      expect(effects, id).toEqual(lines.map(({ sequence }) => sequence));
    }
  });
});

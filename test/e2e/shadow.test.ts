import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { CHECKOUT } from '../../harness/checkout.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { eventOf, patchesIn, post, withService } from './with-service.ts';

const RULES = `
rules:
  - name: try-it
    mode: shadow
    when: { topic: "v2.detail.events.conversation.*.customer.start" }
    target: { purpose: customer }
    actions: [{ setAttributes: { tier: gold } }, { transfer: { queueId: no-such-queue } }]
`;
const ADMIN_TOKEN = 'an-admin-token-of-a-person';
const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
const WOULD = 'would have been applied: attributes tier written';

it('a rule in shadow mode writes nothing, and why, the story, the page, the metrics and the log show what it would have done', async () => {
  await withService({ rules: RULES }, async ({ simulator, env, start }) => {
    const service = await start({ env: { ADMIN_TOKEN } });
    const { id } = simulator.createConversation({ participants: [{ id: 'p-1', purpose: 'customer' }] });
    await post(service, eventOf(id));
    const line = await service.waitForLog(({ msg, conversationId }) => msg === 'event processed' && conversationId === id);
    const expected = [
      { rule: 'try-it', action: 'setAttributes', outcome: 'shadowed', reason: 'written', detail: WOULD },
      {
        rule: 'try-it',
        action: 'transfer',
        outcome: 'shadowed',
        detail: expect.stringMatching(/^would have been dead-lettered: /),
      },
    ];
    expect(line).toMatchObject({ level: 'info', outcomes: expected });
    const read = async (path: string) => (await fetch(service.url + path, { headers })).text();
    const story = await waitUntil(async () => {
      const { events = [] } = JSON.parse(await read(`/conversations/${id}/story`)) as { events?: { outcomes: unknown[] }[] };
      return events[0]?.outcomes.length === 2 && events[0].outcomes;
    });
    expect(story).toMatchObject(expected);
    const { stdout } = await promisify(execFile)(process.execPath, ['scripts/why.ts', id], { cwd: CHECKOUT, env });
    expect(stdout).toContain(`try-it setAttributes: shadowed (written) ${WOULD}`);
    const page = await read(`/admin/conversations/${id}`);
    expect(page).toMatch(/shadowed/);
    expect(page).toContain(WOULD);
    expect(await read('/metrics')).toMatch(/^hookpatch_actions_total\{(?=.*outcome="shadowed")(?=.*reason="written").*\} 1$/m);
    expect(patchesIn(simulator)).toEqual([]);
    expect(await read('/admin/dead-letters')).toContain('None.');
  });
});

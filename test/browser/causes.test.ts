import { expect, test } from 'vitest';
import { startRedisChild } from '../../harness/redis.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { CAUSES, RULES, sendEvent } from '../e2e/causes.ts';
import { ADMIN_TOKEN } from '../e2e/dead-letter-bed.ts';
import { withService } from '../e2e/with-service.ts';
import { look, withPage } from './with-page.ts';

test('the page of a conversation names why it was not changed, and what to do, also when Redis is down', async () => {
  const redis = await startRedisChild();
  try {
    await withService({ rules: RULES, redisUrl: redis.url }, async (bed) => {
      const service = await bed.start({ env: { ADMIN_TOKEN } });
      await withPage(service, async (page) => {
        const open = async (conversationId: string) => {
          await page.goto(`${service.url}/admin`);
          await page.getByLabel('Conversation, event, trace').fill(conversationId);
          await page.keyboard.press('Enter');
          return (await page.getByRole('main').textContent()) ?? '';
        };
        let last = '';
        for (const cause of CAUSES) {
          last = await sendEvent(bed, service, cause);
          // A line is stored a moment after what it reports, and an event may wait before it ends for that reason.
          const isExplained = async () => cause.named.test(await open(last)) && (await page.locator('.do').count()) === 1;
          await waitUntil(isExplained, { what: `${cause.name}, with what to do, on the page` });
          await look(page, `cause-${cause.name}`);
        }
        await redis.kill();
        await waitUntil(async () => /Redis does not respond/.test(await open(last)), { what: 'Redis on the page' });
        expect(await page.locator('.do').textContent()).toContain('REDIS_URL');
        await look(page, 'cause-redis-down');
      });
    });
  } finally {
    await redis.stop();
  }
});

import { expect, test } from 'vitest';
import { waitUntil } from '../../harness/wait-until.ts';
import { ADMIN_TOKEN, deadLetterTwo, HIDDEN_VALUE, RULES } from '../e2e/dead-letter-bed.ts';
import { patchesIn, withService } from '../e2e/with-service.ts';
import { collectComplaints, look, withPage } from './with-page.ts';

test('a person finds out in a browser why a conversation was not changed, and puts its event back', async () => {
  await withService({ rules: RULES }, async (bed) => {
    const service = await bed.start({ env: { ADMIN_TOKEN } });
    const tierOf = (id: string) => bed.simulator.conversation(id)?.participants[0]?.attributes.tier;
    const [first = '', second = ''] = await deadLetterTwo(service, bed);
    await withPage(service, async (page) => {
      const complaints = collectComplaints(page);
      await page.goto(`${service.url}/admin`);
      await page.getByLabel('Conversation, event, trace').fill(first);
      await page.keyboard.press('Enter');
      await page.getByText('dead-lettered').waitFor();
      expect(await page.getByRole('main').textContent()).toContain('400 bad.request: not like this');
      await look(page, 'conversation');
      await page.getByRole('link', { name: 'Dead letters' }).click();
      await page.getByText(second).waitFor();
      await look(page, 'dead-letters');
      await page.getByRole('checkbox', { name: first }).check();
      await page.getByRole('button', { name: 'Retry selected' }).click();
      await page.getByRole('status').getByText('1 put back').waitFor();
      await waitUntil(() => tierOf(first) === HIDDEN_VALUE, { what: 'the attribute' });
      expect(tierOf(second)).toBeUndefined();
      expect(patchesIn(bed.simulator)).toHaveLength(1);
      await page.reload();
      expect([await page.getByText(first).count(), await page.getByText(second).count()]).toEqual([0, 1]);
      await page.getByRole('link', { name: 'Rules' }).click();
      await page.getByText('setAttributes').waitFor();
      await look(page, 'rules');
      expect(await page.content()).not.toContain(HIDDEN_VALUE);
      expect(complaints).toEqual([]);
    });
  });
});

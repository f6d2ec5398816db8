import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { findChromium } from '../../harness/find-chromium.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { ADMIN_TOKEN, deadLetterTwo, HIDDEN_VALUE, RULES } from '../e2e/dead-letter-bed.ts';
import { patchesIn, withService } from '../e2e/with-service.ts';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A browser of its own with an empty profile, which knows the token as a person would have typed it. */
async function withPage(service: ServiceProcess, work: (page: Page) => Promise<void>): Promise<void> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error('no Chromium on the PATH; apt-get install chromium');
  const profile = await mkdtemp(join(tmpdir(), 'hookpatch-browser-'));
  let context: BrowserContext | null = null;
  try {
    context = await chromium.launchPersistentContext(profile, {
      executablePath,
      args: ARGUMENTS,
      httpCredentials: { username: 'on-call', password: ADMIN_TOKEN, origin: service.url },
    });
    await work(await context.newPage());
  } finally {
    await context?.close();
    await rm(profile, { recursive: true, force: true });
  }
}

/** What the page may not do or get, as the browser says it; web fonts from elsewhere are blocked on purpose. */
function collectComplaints(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('fonts.googleapis.com')) complaints.push(message.text());
  });
  return complaints;
}

/** Bull Board's buttons have no names, only icons. */
function retryButton(page: Page, conversationId: string) {
  return page.locator('[class*="card-"]', { hasText: conversationId }).locator('button:has(.lucide-refresh-cw)');
}

test('a person sees the dead letters in a browser, and a click replays one', async () => {
  await withService({ rules: RULES }, async (bed) => {
    const service = await bed.start({ env: { ADMIN_TOKEN } });
    const tierOf = (id: string) => bed.simulator.conversation(id)?.participants[0]?.attributes.tier;
    const [first = '', second = ''] = await deadLetterTwo(service, bed);
    await withPage(service, async (page) => {
      const complaints = collectComplaints(page);
      await page.goto(`${service.url}/admin/queue/dead-letters?status=failed`);
      await page.getByText(second).waitFor();
      await retryButton(page, first).click();
      await page.getByRole('button', { name: 'Confirm' }).click();
      await page.getByText(first).waitFor({ state: 'hidden' });
      await waitUntil(() => tierOf(first) === HIDDEN_VALUE, { what: 'the attribute' });
      expect(tierOf(second)).toBeUndefined();
      expect(patchesIn(bed.simulator)).toHaveLength(1);
      expect(await page.getByText(second).isVisible()).toBe(true);
      expect(await page.content()).not.toContain(HIDDEN_VALUE);
      expect(complaints).toEqual([]);
    });
  });
});

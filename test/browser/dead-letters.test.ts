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

/** What the page may not do or get, as the browser reports it. */
function collectComplaints(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return complaints;
}

/** Where screenshots go, for somebody who wants to look at the pages; unset: nowhere. */
const SCREENSHOTS = process.env.SCREENSHOTS;

/** Readable at the width of a phone: nothing sticks out to the right. */
async function look(page: Page, name: string): Promise<void> {
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 });
    const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect([name, width, overflow]).toEqual([name, width, 0]);
    if (SCREENSHOTS) await page.screenshot({ path: join(SCREENSHOTS, `${name}-${width}.png`), fullPage: true });
  }
}

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

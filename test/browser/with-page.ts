import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { findChromium } from '../../harness/find-chromium.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { ADMIN_TOKEN } from '../e2e/dead-letter-bed.ts';

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
export async function withPage(service: ServiceProcess, work: (page: Page) => Promise<void>): Promise<void> {
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
export function collectComplaints(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return complaints;
}

/** Where screenshots go, for somebody who wants to look at the pages; unset: nowhere. */
const SCREENSHOTS = process.env.SCREENSHOTS;

/** Readable at the width of a phone: nothing sticks out to the right. The text may be there before the style sheet is. */
export async function look(page: Page, name: string): Promise<void> {
  await page.waitForLoadState('load');
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 });
    const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect([name, width, overflow]).toEqual([name, width, 0]);
    if (SCREENSHOTS) await page.screenshot({ path: join(SCREENSHOTS, `${name}-${width}.png`), fullPage: true });
  }
}

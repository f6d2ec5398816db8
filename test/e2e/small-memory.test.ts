import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createMemoryGroup } from '../../harness/memory-group.ts';
import { openConnection } from '../unit/receiver/raw-connection.ts';
import { requestText } from '../unit/receiver/request-text.ts';
import { type HostileBed, signed, WEBHOOK, withHostileBed } from './hostile-bed.ts';

const run = promisify(execFile);
const MB = 2 ** 20;
const BODY_LIMIT_BYTES = 262_144;
const RULES = `
rules:
  - name: tag
    when: { topic: "v2.detail.events.conversation.*.customer.start" }
    actions: [{ setAttributes: { tier: platinum } }]
`;
const JSON_HEADERS = { 'content-type': 'application/json' };
/** Well formed and of now: only the whole body can show that it is none of ours. */
const claim = () => ({ ...JSON_HEADERS, ...signed('') });

/** Bodies of two million chunks of a byte each, 11 MB on the wire, with and without a signature that looks like one. */
async function sendTinyChunks({ port }: HostileBed): Promise<void> {
  const chunks = Buffer.from('1\r\nx\r\n'.repeat(500_000));
  const heads = [JSON_HEADERS, claim(), claim(), claim()].map((headers) =>
    requestText('POST', WEBHOOK, { ...headers, 'transfer-encoding': 'chunked' }),
  );
  const senders = await Promise.all(heads.map(() => openConnection(port)));
  for (const [index, sender] of senders.entries()) {
    sender.write(heads[index] ?? '');
    sender.write(chunks);
  }
  await Promise.all(senders.map((sender) => sender.untilClosed()));
}

/** All but the last byte of the largest body, 1,000 times: 256 MB that would have to be kept. */
async function leaveBodiesUnfinished({ port }: HostileBed): Promise<void> {
  const script = join(import.meta.dirname, 'send-unfinished.ts');
  const { stdout } = await run(process.execPath, [
    script,
    String(port),
    '1000',
    JSON.stringify(claim()),
    String(BODY_LIMIT_BYTES),
  ]);
  expect(stdout).toContain('503');
  expect(JSON.parse(stdout).filter((status: string) => !['408', '503', 'closed'].includes(status))).toEqual([]);
}

describe('a receiver of 512 MiB lives, and accepts every honest delivery meanwhile', () => {
  test.each([
    ['bodies in chunks of a byte', sendTinyChunks],
    ['1,000 bodies that are never finished', leaveBodiesUnfinished],
  ])('%s', async (_name, attack) => {
    const group = createMemoryGroup(512 * MB);
    if (group === null) {
      console.log('not run: this user may not make a control group that limits memory');
      return;
    }
    try {
      await withHostileBed(
        RULES,
        async (hostile) => {
          await hostile.besideHonest(() => attack(hostile));
          await hostile.besideHonest(async () => undefined);
          expect((await fetch(`${hostile.service.url}/healthz`)).status).toBe(200);
          expect(group.peakBytes()).toBeGreaterThan(50 * MB);
        },
        { NODE_OPTIONS: group.nodeOptions },
      );
    } finally {
      group.remove();
    }
  });
});

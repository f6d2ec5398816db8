import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { createMemoryGroup } from '../../harness/memory-group.ts';
import { openConnection } from '../unit/receiver/raw-connection.ts';
import { requestText } from '../unit/receiver/request-text.ts';
import { HONEST, type HonestReport, type HostileBed, signed, WEBHOOK, withHostileBed } from './hostile-bed.ts';
import { type Backlog, storeBacklog } from './store-backlog.ts';

const run = promisify(execFile);
const MB = 2 ** 20;
const BODY_LIMIT_BYTES = 262_144;
// SECURITY.md: tiny-chunks, unfinished-bodies, large-backlog
const RULES = `
rules:
  - name: tag
    when: { topic: "v2.detail.events.conversation.*.customer.start" }
    target: { purpose: customer }
    actions: [{ setAttributes: { tier: "\${event.id}" } }]
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

/** All but the last byte of the largest body: of 1,000, 256 MB would have to be kept. */
async function leaveBodiesUnfinished({ port }: HostileBed, { unfinished, holdMs }: SmallMemory): Promise<void> {
  const script = join(import.meta.dirname, 'send-unfinished.ts');
  const { stdout } = await run(process.execPath, [
    script,
    String(port),
    String(unfinished),
    JSON.stringify(claim()),
    String(BODY_LIMIT_BYTES),
    String(holdMs),
  ]);
  expect(stdout).toContain('503');
  expect(JSON.parse(stdout).filter((status: string) => !['408', '503', 'closed', 'held'].includes(status))).toEqual([]);
}

/** Stored while the service stands still, so that all of it waits when the service goes on. */
async function leaveBacklog({ bed, service, besideHonest }: HostileBed, backlog: Backlog): Promise<HonestReport> {
  process.kill(service.pid, 'SIGSTOP');
  const drained = await storeBacklog(bed, backlog).finally(() => process.kill(service.pid, 'SIGCONT'));
  return besideHonest(drained);
}

export interface SmallMemory {
  readonly memoryMb: number;
  /** How many bodies are left unfinished. */
  readonly unfinished: number;
  /** How long these senders wait; the receiver gives up after 10 s. */
  readonly holdMs: number;
  readonly many: Backlog;
  readonly large: Backlog;
}

const inWords = ({ conversations, events, size }: Backlog) =>
  `${conversations} conversations, ${events} events of ${size} bytes each`;

/**
 * One attack after the other against one process, which has no time to recover. It must live, accept every honest delivery and get
 * through its backlog. Prints how long honest deliveries took. Returns `false` where this user may not limit memory.
 */
export async function surviveIn(small: SmallMemory): Promise<boolean> {
  const { memoryMb, unfinished, many, large } = small;
  const group = createMemoryGroup(memoryMb * MB);
  if (group === null) return false;
  const attacks: Readonly<Record<string, (hostile: HostileBed) => Promise<HonestReport>>> = {
    'bodies in chunks of a byte': (hostile) => hostile.besideHonest(() => sendTinyChunks(hostile)),
    [`${unfinished} bodies that are never finished`]: (hostile) =>
      hostile.besideHonest(() => leaveBodiesUnfinished(hostile, small)),
    [`a backlog of ${inWords(many)}`]: (hostile) => leaveBacklog(hostile, many),
    [`a backlog of ${inWords(large)}`]: (hostile) => leaveBacklog(hostile, large),
  };
  const attackAll = async (hostile: HostileBed) => {
    hostile.bed.simulator.createConversation({ id: HONEST, participants: [{ id: 'p', purpose: 'customer' }] });
    for (const [name, attack] of Object.entries(attacks)) {
      const startedAt = performance.now();
      const { deliveries, slowestMs } = await attack(hostile);
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      const slowest = `the slowest of ${deliveries} honest deliveries took ${slowestMs.toFixed(0)} ms`;
      const [resident, peak] = [await hostile.residentMb(), group.peakBytes() / MB].map((mb) => mb.toFixed(0));
      console.log(
        `${name}: ${seconds} s, ${slowest}; resident ${resident} MB, the group at most ${peak} of ${memoryMb} MB so far`,
      );
    }
    expect((await fetch(`${hostile.service.url}/healthz`)).status).toBe(200);
    expect(hostile.service.logs.filter(({ msg }) => msg === 'listening')).toHaveLength(1);
    expect(group.peakBytes()).toBeGreaterThan(50 * MB);
  };
  try {
    await withHostileBed(RULES, attackAll, { ROLE: 'all', NODE_OPTIONS: group.nodeOptions });
    return true;
  } finally {
    group.remove();
  }
}

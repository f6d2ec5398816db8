import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type Finding, formatFindings } from '../../../scripts/doctor/finding.ts';
import { runDoctor } from '../../../scripts/doctor/run-doctor.ts';
import type { SimulatorOptions } from '../../../simulator/options.ts';
import { QUEUES } from '../../../simulator/queue-directory.ts';
import { startSimulator } from '../../../simulator/start-simulator.ts';
import { clientDigest } from '../../../src/genesys/access-token.ts';
import { sharedTokensLimit } from '../../../src/genesys/pacing/shared-limits.ts';
import { createKeys } from '../../../src/redis/keys.ts';
import { type RedisScope, test } from '../redis-scope.ts';

const RULES = `
rules:
  - name: escalate
    when: { topic: "hookpatch.conversation.{id}.attributes.changed" }
    actions: [{ transfer: { queueId: ${QUEUES.escalations.id} } }]
  - name: wrap-up
    when: { topic: "hookpatch.conversation.{id}.agent.disconnected" }
    actions: [{ applyWrapup: { code: Resolved } }]
`;

interface Patient {
  readonly rules?: string;
  readonly simulator?: SimulatorOptions;
  readonly env?: Readonly<Record<string, string>>;
}

async function examine(
  scope: RedisScope,
  { rules = RULES, simulator: options = {}, env = {} }: Patient,
): Promise<readonly Finding[]> {
  const simulator = await startSimulator({ limits: { 'client.credentials.token.rate.per.minute': 300 }, ...options });
  const folder = await mkdtemp(join(tmpdir(), 'hookpatch-doctor-'));
  const rulesFile = join(folder, 'rules.yaml');
  await writeFile(rulesFile, rules);
  const settings = {
    REDIS_URL: scope.url,
    REDIS_PREFIX: scope.prefix,
    RULES_FILE: rulesFile,
    GENESYS_API_URL: simulator.url,
    GENESYS_LOGIN_URL: simulator.url,
    GENESYS_CLIENT_ID: simulator.clientId,
    GENESYS_CLIENT_SECRET: simulator.clientSecret,
    GENESYS_NOTIFICATIONS: 'queues',
  };
  try {
    return await runDoctor({ ...settings, ...env });
  } finally {
    await simulator.stop();
    await rm(folder, { recursive: true });
  }
}

const wrongOf = (findings: readonly Finding[]) =>
  findings.filter(({ status }) => status === 'wrong').map(({ about, found, todo }) => `${about}: ${found} -> ${todo}`);

describe('the doctor', () => {
  test('finds nothing wrong where nothing is, says what it can’t know, and shows no secret', async ({ scope }) => {
    const redis = await scope.connect();
    await redis.hset(createKeys(scope.prefix).lastSeen, 'notifications', Date.now() - 5_000);
    const findings = await examine(scope, {});
    expect(wrongOf(findings)).toEqual([]);
    expect(findings.filter(({ status }) => status === 'unknown').map(({ about }) => about)).toEqual([
      'permission conversation:participant:wrapup',
      'permission conversation:communication:blindTransfer',
      'costs',
    ]);
    const text = formatFindings(findings);
    expect(text).toMatch(/last event +notifications \d s ago/);
    expect(text).toContain('300 requests a minute for a token');
    expect(text).not.toContain('simulator-secret');
  });

  test('names tokens that share a limit, and what calls cost against fair use', async ({ scope }) => {
    const redis = await scope.connect();
    const client = clientDigest({ id: 'simulator-client' });
    await redis.hset(createKeys(scope.prefix).limit(sharedTokensLimit(client)), 'ceiling', 300);
    const findings = await examine(scope, { env: { GENESYS_NAMED_USERS: 'CX1:200', GENESYS_TOKENS: '3' } });
    expect(wrongOf(findings)).toEqual([
      expect.stringMatching(/^tokens: those of client 1 of 1 share one limit of 300 requests a minute -> more tokens/),
    ]);
    expect(formatFindings(findings)).toContain('38,880,000 calls a month, 259% of the 15,000,000 that the licences include');
  });

  test('names a missing permission, of a read and of a write', async ({ scope }) => {
    const permissions = ['conversation:communication:view', 'routing:queue:view', 'routing:wrapupCode:view'];
    expect(wrongOf(await examine(scope, { simulator: { permissions } }))).toEqual([
      expect.stringMatching(/^permission conversation:participant:wrapup: missing; needed for applyWrapup -> add/),
      expect.stringMatching(/^permission conversation:communication:blindTransfer: missing; needed for transfer -> add/),
      expect.stringMatching(/^permission analytics:conversationDetail:view: missing; needed for the repair of gaps/),
    ]);
  });

  test('names a deleted queue, of a rule and of the notifications', async ({ scope }) => {
    const simulator = { queues: [QUEUES.support] };
    const env = { GENESYS_NOTIFICATIONS: 'Support,Escalations' };
    expect(wrongOf(await examine(scope, { simulator, env }))).toEqual([
      expect.stringMatching(`^queue ${QUEUES.escalations.id}: there is none; rule escalate transfers to it`),
      expect.stringMatching(/^GENESYS_NOTIFICATIONS: there is no queue "Escalations" among the 1/),
    ]);
  });

  test('names a mistyped wrap-up code', async ({ scope }) => {
    const rules = RULES.replace('code: Resolved', 'code: resolved');
    expect(wrongOf(await examine(scope, { rules }))).toEqual([
      'wrap-up code resolved: there is none; rule wrap-up applies it -> write "Resolved"',
    ]);
  });

  test('names a topic that is not on this transport, and one that there is not', async ({ scope }) => {
    const topics = ['v2.detail.events.conversation.*.customer.start', 'v2.detail.events.conversation.*.customer.started'];
    const rule = (topic: string, index: number) =>
      `  - { name: rule-${index}, when: { topic: "${topic}" }, actions: [{ setAttributes: { a: b } }] }`;
    const rules = ['rules:', ...topics.map(rule)].join('\n');
    const findings = wrongOf(await examine(scope, { rules }));
    expect(findings).toEqual([
      expect.stringMatching(/^topics of rule rule-0: v2.*customer.start: not on this transport: .* -> use one of hookpatch/),
      expect.stringMatching(/^topics of rule rule-1: v2.*customer.started: Genesys has no such topic/),
    ]);
    const delivered = await examine(scope, { rules, env: { WEBHOOK_SECRETS: 'a-secret-of-sixteen-bytes' } });
    expect(wrongOf(delivered)).toHaveLength(1);
  });

  test('names a wrong region, by a client that it does not know and by a host that does not respond', async ({ scope }) => {
    expect(wrongOf(await examine(scope, { env: { GENESYS_CLIENT_ID: 'of-another-region' } }))).toEqual([
      expect.stringMatching(/^token: http.* refuses the client: .* -> the client is of another region \(GENESYS_REGION\)/),
    ]);
    expect(wrongOf(await examine(scope, { env: { GENESYS_LOGIN_URL: 'http://127.0.0.1:1' } }))).toEqual([
      expect.stringMatching(/^token: http:\/\/127.0.0.1:1: .* -> check GENESYS_REGION/),
    ]);
  });

  test('names every wrong setting and rule, a Redis that is not there and a rate that is too high', async ({ scope }) => {
    const rules = 'rules: [{ name: Wrong }]';
    const unset = wrongOf(await examine(scope, { rules, env: { GENESYS_CLIENT_ID: '' } }));
    expect(unset[0]).toContain('settings: GENESYS_CLIENT_ID: found nothing');
    expect(unset.some((line) => line.startsWith('rules: '))).toBe(true);
    const env = { REDIS_URL: 'redis://127.0.0.1:1', GENESYS_RATE_PER_MINUTE: '900' };
    expect(wrongOf(await examine(scope, { env }))).toEqual([
      expect.stringMatching(/^Redis: redis:\/\/127.0.0.1:1: .* -> check REDIS_URL/),
      'rate limit: 300 requests a minute for a token, GENESYS_RATE_PER_MINUTE is 900 -> set GENESYS_RATE_PER_MINUTE to 300',
    ]);
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect } from 'vitest';
import { CHECKOUT } from '../../../harness/checkout.ts';
import { waitUntil } from '../../../harness/wait-until.ts';
import type { Outcome } from '../../../src/domain/outcome.ts';
import { createDeadLetterWorker } from '../../../src/queue/dead-letter-worker.ts';
import { createDeadLetters, type DeadLetters } from '../../../src/queue/dead-letters.ts';
import { sampleEntry } from '../../sample-entry.ts';
import { type RedisScope, silent, test } from '../redis-scope.ts';
import { openReceiving } from './conversation-scope.ts';

const HIDDEN = 'value-that-nobody-sees';

const refused: Outcome = {
  kind: 'dead-lettered',
  reason: 'refused',
  detail: 'Genesys refused the attribute name',
  rule: 'tag-trace',
  action: 'setAttributes',
  participantId: 'p-1',
  genesys: { status: 400, code: 'bad.request', message: 'no', correlationId: 'x-1' },
};

/** `npm run dead-letters` less npm. */
async function run(args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, ['scripts/dead-letters.ts', ...args], { cwd: CHECKOUT, env, stdio: 'pipe' });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { stdout: stdout.trimEnd(), stderr: stderr.trimEnd(), code: code as number };
}

/** Dead letters of `events`, oldest first, and no worker that would take a retry before the test has looked. */
async function withDeadLetters(
  scope: RedisScope,
  events: readonly string[],
  addOthers: (deadLetters: DeadLetters) => Promise<void> = async () => {},
) {
  const connection = await scope.connect('worker');
  const options = { connection, prefix: scope.prefix, logger: silent };
  const deadLetters = createDeadLetters(options);
  scope.defer(() => deadLetters.close());
  const receiving = await openReceiving(scope);
  const startWorker = async () => {
    const worker = createDeadLetterWorker({ ...options, deadLetters, ...receiving });
    await worker.ready();
    return worker;
  };
  const worker = await startWorker();
  for (const [index, id] of events.entries()) {
    const entry = sampleEntry('c-1', id, { receivedAt: 1_000 + index, attempts: 3 });
    await deadLetters.add({ ...entry, event: { ...entry.event, body: { value: HIDDEN } } }, 'tag-trace/0', refused);
    await waitUntil(async () => (await deadLetters.count()) === index + 1, { what: 'the dead letter' });
  }
  await addOthers(deadLetters);
  await waitUntil(async () => (await deadLetters.queue.getJobCountByTypes('waiting', 'active')) === 0, {
    what: 'them to be parked',
  });
  await worker.close(1_000);
  const env = { REDIS_URL: scope.url, REDIS_PREFIX: scope.prefix };
  const ids = (await deadLetters.list(0, 100)).map(({ id }) => id);
  return { ids, startWorker, inbox: receiving.inbox, command: (...args: string[]) => run(args, env) };
}

describe('npm run dead-letters', () => {
  test('list shows them oldest first, in a table', async ({ scope }) => {
    const { ids, command } = await withDeadLetters(scope, ['e-1', 'e-2']);
    const { stdout, code } = await command('list');
    expect(code).toBe(0);
    const [head, first, second, , total] = stdout.split('\n');
    expect(head).toMatch(/^ID +DEAD SINCE \(UTC\) +CONVERSATION +RULE +ACTION +REASON$/);
    expect(first).toMatch(new RegExp(`^${ids[0]}  \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d  c-1 +tag-trace  setAttributes  refused$`));
    expect(second).toContain(ids[1]);
    expect(total).toBe('2 of 2 dead letters, oldest first');
    expect((await command('list', '--limit', '1')).stdout).toContain('1 of 2 dead letters');
  });

  test('list says so when there is none', async ({ scope }) => {
    const { command } = await withDeadLetters(scope, []);
    expect(await command('list')).toEqual({ stdout: 'no dead letters', stderr: '', code: 0 });
    expect(await command('list', '--json')).toEqual({ stdout: '[]', stderr: '', code: 0 });
  });

  test('show says what failed and what Genesys answered, and no value of the event', async ({ scope }) => {
    const { ids, command } = await withDeadLetters(scope, ['e-1']);
    const { stdout, code } = await command('show', ids[0] ?? '');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^reason +refused: Genesys refused the attribute name$/m);
    expect(stdout).toMatch(/^Genesys answered +400 bad.request: no$/m);
    expect(stdout).toMatch(/^correlation id +x-1$/m);
    expect(stdout).toMatch(/^trace +0af7651916cd43dd8448eb211c80319c$/m);
    expect(stdout).toMatch(/^attempts +3$/m);
    const json = await command('show', ids[0] ?? '', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      id: ids[0],
      state: 'failed',
      letter: { conversationId: 'c-1', outcome: refused },
    });
    expect(stdout + json.stdout).not.toContain(HIDDEN);
  });

  test('shows of an entry that cannot be read its size only, and nothing that drives a terminal', async ({ scope }) => {
    const raw = JSON.stringify({ ...sampleEntry('c-1', 'e-1'), version: 2, ani: HIDDEN });
    const detail = `the code \u001b[2J\u009b2J\r\nrule  \u202eforged`;
    const outcome: Outcome = {
      ...refused,
      reason: 'entry-unreadable',
      rule: null,
      action: null,
      participantId: 'p\u001b[1m',
      detail,
    };
    const { command } = await withDeadLetters(scope, [], async (deadLetters) => {
      await deadLetters.addUnreadable('c-1', { raw, entry: null }, outcome);
    });
    const shown = await Promise.all([['list'], ['summary'], ['show', '--conversation', 'c-1']].map((args) => command(...args)));
    const asJson = await command('show', '--conversation', 'c-1', '--json');
    expect(shown[2]?.stdout).toMatch(new RegExp(`^stored +\\[${Buffer.byteLength(raw)} bytes\\]$`, 'm'));
    expect(shown[2]?.stdout).toMatch(/^reason +entry-unreadable: the code \ufffd\[2J\ufffd2J\ufffd\ufffdrule {2}\ufffdforged$/m);
    expect(JSON.parse(asJson.stdout)).toMatchObject({ letter: { outcome: { detail } } });
    const text = [...shown, asJson].map(({ stdout }) => stdout).join('\n');
    expect(text).not.toContain(HIDDEN);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  test('retry puts the event back, whole, once a worker runs', async ({ scope }) => {
    const { ids, command, startWorker, inbox } = await withDeadLetters(scope, ['e-1', 'e-2']);
    const [id = ''] = ids;
    expect(await command('retry', id)).toMatchObject({ code: 0, stdout: expect.stringContaining('being retried') });
    expect((await command('show', id)).stdout).toMatch(/^state +being retried/m);
    expect(await command('retry', id)).toMatchObject({ code: 1, stdout: expect.stringContaining('replaying already') });
    const worker = await startWorker();
    scope.defer(() => worker.close(1_000));
    const [item] = await waitUntil(async () => {
      const items = await inbox.read('c-1', 10);
      return items.length === 1 && items;
    });
    expect(item?.entry).toMatchObject({ id: 'e-1', attempts: 0, event: { body: { value: HIDDEN } } });
  });

  test('retry --all puts all of them back, in the order of arrival', async ({ scope }) => {
    const { command, startWorker, inbox } = await withDeadLetters(scope, ['e-1', 'e-2', 'e-3']);
    expect(JSON.parse((await command('retry', '--all', '--json')).stdout)).toEqual({ retried: 3 });
    const worker = await startWorker();
    scope.defer(() => worker.close(1_000));
    const items = await waitUntil(async () => {
      const found = await inbox.read('c-1', 10);
      return found.length === 3 && found;
    });
    expect(items.map(({ entry }) => entry?.id)).toEqual(['e-1', 'e-2', 'e-3']);
  });

  test('drop removes it for good', async ({ scope }) => {
    const { ids, command } = await withDeadLetters(scope, ['e-1', 'e-2']);
    const [first = '', second = ''] = ids;
    expect(await command('drop', first)).toEqual({ stdout: `${first}: dropped`, stderr: '', code: 0 });
    const again = await command('drop', first, second, '--json');
    expect(again.code).toBe(1);
    expect(JSON.parse(again.stdout)).toEqual([
      { id: first, done: false },
      { id: second, done: true },
    ]);
    expect((await command('show', first)).code).toBe(1);
    expect((await command('list')).stdout).toBe('no dead letters');
  });

  test('takes the beginning of an id, or a filter, and counts by reason', async ({ scope }) => {
    const { ids, command } = await withDeadLetters(scope, ['e-1', 'e-2']);
    const [first = '', second = ''] = ids;
    const [summary, newest, ofOther, ofCall, shown, tooShort, none] = await Promise.all([
      command('summary'),
      command('list', '--newest', '--limit', '1'),
      command('list', '--rule', 'other'),
      command('list', '--conversation', 'c-1', '--since', '1h'),
      command('show', first.slice(0, 12)),
      command('drop', 'd1'),
      command('drop', '--reason', 'conflict'),
    ]);
    expect(summary.stdout).toBe('     2  refused  tag-trace');
    expect(newest.stdout).toContain(second);
    expect(ofOther.stdout).toBe('no dead letters');
    expect(ofCall.stdout).toContain('2 of 2 dead letters');
    expect(shown.stdout).toMatch(new RegExp(`^id +${first}$`, 'm'));
    expect([tooShort.code, none.stdout]).toEqual([2, 'no dead letters']);
    const dropped = await command('drop', '--reason', 'refused', '--action', 'setAttributes');
    expect(dropped).toMatchObject({ code: 0, stdout: `${first}: dropped\n${second}: dropped` });
  });

  test('says what is wrong with how it was called, and exits with 2', async () => {
    const calls = [
      [],
      ['lst'],
      ['list', 'x'],
      ['show'],
      ['retry'],
      ['drop'],
      ['drop', '--all'],
      ['list', '--since', 'yesterday'],
      ['retry', 'd12345', '--rule', 'x'],
      ['list', '--wait'],
      ['list', '--limit', '0'],
      ['list', '--x'],
    ];
    const ran = await Promise.all(calls.map(async (args) => ({ args, ...(await run(args, {})) })));
    for (const { args, code, stderr } of ran) {
      expect({ args, code }).toEqual({ args, code: 2 });
      expect(stderr).toMatch(/^dead-letters: .+\n\nnpm run dead-letters -- list/s);
    }
  });

  test('says when Redis is not configured or does not answer, without its password, and exits with 1', async () => {
    const nowhere = await run(['list'], {});
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringMatching(/^dead-letters: REDIS_URL: found nothing/) });
    const refusedUrl = await run(['list'], { REDIS_URL: 'redis://user:hidden-password@127.0.0.1:1' });
    expect(refusedUrl).toMatchObject({ code: 1, stderr: expect.stringContaining('ECONNREFUSED') });
    expect(refusedUrl.stderr).not.toContain('hidden-password');
  });
});

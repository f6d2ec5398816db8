import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHECKOUT } from '../../harness/checkout.ts';
import { startSimulator } from '../../simulator/start-simulator.ts';

/** The command `npm run rules:test`, as a process of its own. */

const RULES = `rules:
  - name: move-vip
    when: { topic: v2.detail.events.conversation.*.acd.start, if: event.queueId != "another" }
    onlyIf: conversation.participants.exists(p, p.attributes.vip == "true")
    target: { purpose: customer }
    actions: [{ setAttributes: { moved: "yes" } }]
  - name: never
    when: { topic: v2.detail.events.conversation.*.customer.end }
    actions: [{ setAttributes: { k: v } }]
`;

const GOOD = `cases:
  - name: a VIP is moved
    event: { topic: acd.start }
    conversation: { participants: [{ id: p-1, purpose: customer, attributes: { vip: "true" } }] }
    expect: { rules: [move-vip], outcomes: [{ outcome: applied, participantId: p-1 }] }
`;
const BAD = `cases:
  - name: another is moved, too
    event: { topic: acd.start, body: { queueId: another } }
    expect: { rules: [move-vip] }
`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hookpatch-rules-test-'));
  const files = { 'rules.yaml': RULES, 'good.yaml': GOOD, 'bad.yaml': BAD };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function rulesTest(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [join(CHECKOUT, 'scripts/rules-test.ts'), ...args], { cwd: folder, env });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { code, lines: stdout.trimEnd().split('\n'), stderr };
}

it('runs cases: exit code 1 for one that fails, explained; JUnit; coverage', async () => {
  const ran = await rulesTest(['good.yaml', 'bad.yaml', '--junit', 'junit.xml', '--coverage']);
  expect(ran).toEqual({
    code: 1,
    stderr: '',
    lines: [
      'ok    a VIP is moved',
      'rules matched by a case: 1 of 2; no case matches never',
      'FAIL  another is moved, too',
      '      rules: expected ["move-vip"], found []',
      '      move-vip: no, its topic fits, its condition is false',
      '          event.queueId != "another" is false (event.queueId is "another")',
      '      never: no, its topic does not fit',
      'rules matched by a case: 0 of 2; no case matches move-vip, never',
      '1 passed, 1 failed',
    ],
  });
  expect(await readFile(join(folder, 'junit.xml'), 'utf8')).toBe(
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="good.yaml, bad.yaml" tests="2" failures="1">
  <testcase classname="good.yaml, bad.yaml" name="a VIP is moved"></testcase>
  <testcase classname="good.yaml, bad.yaml" name="another is moved, too"><failure>rules: expected [&quot;move-vip&quot;], found []</failure></testcase>
</testsuite>
`,
  );
});

it('exits with 0 where all cases pass, and with 1 where --coverage is asked for and a rule is matched by none', async () => {
  const [passed, uncovered] = await Promise.all([rulesTest(['good.yaml']), rulesTest(['good.yaml', '--coverage'])]);
  expect([passed.code, uncovered.code]).toEqual([0, 1]);
});

it.each([
  [['none.yaml'], 'there is no file none.yaml'],
  [['--event', 'customer.begin', '--rules', 'rules.yaml'], 'there is no topic "customer.begin"; docs/events.md lists them'],
  [['--live', 'c-1'], '--live needs --event'],
  [['--event', 'acd.start', '--rules', 'good.yaml'], /^good\.yaml:1:1: .*"rules" is missing/],
])('%j is one plain line', async (args, says) => {
  const { code, stderr } = await rulesTest(args);
  expect(code).toBe(1);
  expect(stderr.trimEnd().split('\n')[0]).toEqual(typeof says === 'string' ? says : expect.stringMatching(says));
});

it('--live plans on the conversation of Genesys and writes nothing', async () => {
  const simulator = await startSimulator();
  try {
    const { id } = simulator.createConversation({
      participants: [{ id: 'p-live', purpose: 'customer', attributes: { vip: 'true' } }],
    });
    const env = {
      GENESYS_API_URL: simulator.url,
      GENESYS_LOGIN_URL: simulator.url,
      GENESYS_CLIENT_ID: simulator.clientId,
      GENESYS_CLIENT_SECRET: simulator.clientSecret,
    };
    const ran = await rulesTest(['--event', 'acd.start', '--rules', 'rules.yaml', '--live', id], env);
    expect(ran).toEqual({
      code: 0,
      stderr: '',
      lines: [
        `v2.detail.events.conversation.{id}.acd.start of conversation ${id}`,
        '  raised: The conversation begins to wait in a queue.',
        '  move-vip: yes, its topic fits and its condition is true',
        '      event.queueId != "another" is true (event.queueId is "5c1e2d3f-4a5b-4c6d-8e7f-9a0b1c2d3e4f")',
        '  never: no, its topic does not fit',
        '  move-vip: onlyIf is true',
        '      conversation.participants.exists(p, p.attributes.vip == "true") is true (conversation.participants is a list of 1)',
        '          conversation.participants[0]: p.attributes.vip == "true" is true (p.attributes.vip is "true")',
        '  move-vip: setAttributes {"attributes":{"moved":"yes"}}',
        '  move-vip: setAttributes of participant p-live would have been applied: attributes moved written (written)',
        '  calls: GET conversation, PATCH attributes, GET conversation (if nothing else shows the change)',
        '  permissions: conversation:communication:view',
      ],
    });
    expect(simulator.journal().map(({ call }) => call)).toEqual(['token', 'get-conversation']);
    expect(simulator.conversation(id)?.participants[0]?.attributes).toEqual({ vip: 'true' });
  } finally {
    await simulator.stop();
  }
});

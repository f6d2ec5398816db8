import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRules, parseRules } from '../../read-rules.ts';

const silent = { warn: () => {} };

function faultsOf(text: string): readonly string[] {
  const loaded = parseRules(text, 'rules.yaml', silent);
  return loaded.ok ? [] : loaded.faults;
}

function ruleSetOf(text: string) {
  const loaded = parseRules(text, 'rules.yaml', silent);
  if (!loaded.ok) throw new Error(loaded.faults.join('\n'));
  return loaded.ruleSet;
}

/** A rules file with one rule, whose parts can be replaced. */
function fileWith({ name = 'a', when = '{ topic: a.b }', actions = '[{ setAttributes: { k: v } }]', more = '' }): string {
  return `rules:\n  - name: ${name}\n    when: ${when}\n    actions: ${actions}\n${more}`;
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hookpatch-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the example', () => {
  it('loads', () => {
    const path = new URL('../../../rules.example.yaml', import.meta.url).pathname;
    const loaded = loadRules(path, silent);
    expect(loaded.ok ? [...loaded.ruleSet.rules.keys()] : loaded.faults).toEqual(['tag-trace', 'wrap-up', 'escalate']);
  });
});

describe('reading', () => {
  it('says that the file is missing, and which variable names it', () => {
    expect(loadRules(join(folder, 'none.yaml'), silent)).toEqual({
      ok: false,
      faults: [
        `${join(folder, 'none.yaml')}: cannot be read (ENOENT); RULES_FILE names the rules file, or is none; rules.example.yaml of the repository is one to copy`,
      ],
    });
  });

  it('has no rules and needs no file when RULES_FILE is none', () => {
    const loaded = loadRules('none', silent);
    expect(loaded.ok ? loaded.ruleSet.rules.size : loaded.faults).toBe(0);
  });

  it('refuses what is not UTF-8, and what is too large', () => {
    const path = join(folder, 'bad.yaml');
    writeFileSync(path, Buffer.from([0x72, 0xff, 0xfe]));
    expect(loadRules(path, silent)).toEqual({ ok: false, faults: [`${path}: is not UTF-8 text`] });
    writeFileSync(path, `#${'x'.repeat(1_048_576)}`);
    expect(loadRules(path, silent)).toEqual({ ok: false, faults: [`${path}: is larger than 1048576 bytes`] });
  });

  it('reads a file with a byte order mark and Windows line ends', () => {
    const path = join(folder, 'bom.yaml');
    writeFileSync(path, `\uFEFF${fileWith({}).replaceAll('\n', '\r\n')}`);
    expect(loadRules(path, silent).ok).toBe(true);
  });

  it('takes a file without rules only when it says so', () => {
    expect(ruleSetOf('rules: []').rules.size).toBe(0);
    expect(faultsOf('')).toEqual(['rules.yaml:1:1: "rules" is missing (expected a list)']);
    expect(faultsOf('rules:')).toEqual([
      'rules.yaml:1:7: expected a list, found nothing (null); indent the lines below it that belong to it',
    ]);
    expect(faultsOf('- a')).toEqual(['rules.yaml:1:1: expected a map, found a list']);
  });
});

describe('faults', () => {
  it('are all reported at once, each with line and column', () => {
    const text = `rules:
  - name: tag-trace
    when:
      topic: v2.detail.events.conversation.*.customer.start
      iff: event.mediaType == "VOICE"
      maxAge: 15
    target: { purpose: customer }
    actions:
      - setAttributes:
          otel.traceId: \${trace.traceid}
  - name: Wrap Up
    when: { topic: v2..end, if: event.medaType == "VOICE" }
    actions:
      - applyWrapup: { notes: hm }
      - transfer: { queueId: a, userId: b }
      - pause: {}
  - name: tag-trace
    when: { topic: a, if: "event.id ==" }
`;
    expect(faultsOf(text)).toEqual([
      'rules.yaml:5:7: unknown key "iff" (did you mean "if"?) (allowed: topic, if, maxAge)',
      'rules.yaml:6:15: expected a duration: a whole number and s, m, h or d (for example 30s, 15m, 24h, 7d)',
      'rules.yaml:10:27: trace has no "traceid" (did you mean "traceId"?) (allowed: traceId, spanId, traceparent, datadogTraceId)',
      'rules.yaml:11:11: expected a name in kebab-case (for example tag-trace)',
      'rules.yaml:12:20: a topic pattern has no empty segments',
      expect.stringMatching(/^rules\.yaml:12:33: event has no "medaType" \(did you mean "mediaType"\?\) \(allowed: id, topic, /),
      'rules.yaml:14:22: "code" is missing (expected a string)',
      'rules.yaml:15:19: exactly one of queueId, queueName, userId, address, externalContactId is needed, found queueId and userId',
      'rules.yaml:16:9: unknown key "pause" (allowed: setAttributes, applyWrapup, transfer)',
      'rules.yaml:16:9: exactly one of setAttributes, applyWrapup, transfer is needed, found none',
      'rules.yaml:17:5: "actions" is missing (expected a list)',
      'rules.yaml:17:11: the name "tag-trace" is taken by an earlier rule',
      'rules.yaml:18:39: the expression ends too early',
    ]);
  });

  it.each([
    ['a duplicate key', 'rules: []\nrules: []\n', 'rules.yaml:2:1: this key is there twice; remove one of them'],
    ['broken YAML', 'rules: [', 'rules.yaml:1:9: a "]" is missing, or what it closes is not indented enough'],
    [
      'a second document',
      'rules: []\n---\nrules: []\n',
      expect.stringContaining('rules.yaml:2:1: Source contains multiple documents'),
    ],
    ['an unknown tag', 'rules: !!js/function []', expect.stringContaining('rules.yaml:1:8: Unresolved tag')],
    [
      'an unknown key at the top',
      'rules: []\nrule: []\n',
      'rules.yaml:2:1: unknown key "rule" (did you mean "rules"?) (allowed: rules)',
    ],
    ['no action', fileWith({ actions: '[]' }), 'rules.yaml:4:14: it is empty; at least one is needed'],
    ['no attribute', fileWith({ actions: '[{ setAttributes: {} }]' }), 'rules.yaml:4:32: at least one attribute is needed'],
    ['an empty target', fileWith({ more: '    target: {}\n' }), 'rules.yaml:5:13: a target needs at least one field'],
    [
      'a list as a value',
      fileWith({ actions: '[{ setAttributes: { k: [] } }]' }),
      'rules.yaml:4:37: expected a string or a number or a boolean, found a list',
    ],
    ['no topic in a list', fileWith({ when: '{ topic: [] }' }), 'rules.yaml:3:20: it is empty; at least one is needed'],
    [
      'a bad topic in a list',
      fileWith({ when: '{ topic: [a, b*] }' }),
      expect.stringMatching(/^rules\.yaml:3:24: "b\*" is no segment of a topic pattern \(allowed: /),
    ],
    [
      'an id in a topic',
      fileWith({ when: '{ topic: a.11111111-2222-3333-4444-555555555555.b }' }),
      expect.stringContaining('write {id} instead of the id'),
    ],
    [
      'a bad duration',
      fileWith({ when: '{ topic: a, maxAge: 15min }' }),
      'rules.yaml:3:31: expected a duration: a whole number and s, m, h or d (for example 30s, 15m, 24h, 7d)',
    ],
    [
      'a condition that is no bool',
      fileWith({ when: '{ topic: a, if: size(event.id) }' }),
      'rules.yaml:3:27: a condition must be a bool, this is of type int',
    ],
    [
      'a variable a condition cannot see',
      fileWith({ when: '{ topic: a, if: trace.traceId == "" }' }),
      'rules.yaml:3:27: "trace" is not known in a condition (allowed: event); "onlyIf" of the rule can read it',
    ],
    [
      'an unknown variable',
      fileWith({ actions: '[{ setAttributes: { k: "a ${evnt.id}" } }]' }),
      'rules.yaml:4:42: unknown variable "evnt" (did you mean "event"?) (allowed: event, trace, conversation, participant, rule)',
    ],
    [
      'an expression without end',
      fileWith({ actions: '[{ setAttributes: { k: "a ${event.id" } }]' }),
      'rules.yaml:4:40: "${" has no closing "}"',
    ],
    [
      'a bad expression in a name',
      fileWith({ actions: '[{ setAttributes: { "${1 +}": v } }]' }),
      'rules.yaml:4:40: the expression ends too early',
    ],
    [
      'the participant in a target',
      fileWith({ more: '    target: { userId: "${participant.userId}" }\n' }),
      'rules.yaml:5:26: "participant" is not known while the target is resolved (allowed: event, trace, conversation, rule)',
    ],
    [
      'a key that would be lost',
      fileWith({ actions: '[{ setAttributes: { __proto__: a, k: v } }]' }),
      'rules.yaml:4:34: a key cannot be named "__proto__"',
    ],
    [
      'no destination',
      fileWith({ actions: '[{ transfer: { wrapupCode: a } }]' }),
      'rules.yaml:4:27: exactly one of queueId, queueName, userId, address, externalContactId is needed, found none',
    ],
    [
      'a wrong transfer type',
      fileWith({ actions: '[{ transfer: { queueId: a, transferType: Blind } }]' }),
      'rules.yaml:4:55: expected one of "Unattended", "Attended"',
    ],
    ['an empty code', fileWith({ actions: '[{ applyWrapup: { code: "" } }]' }), 'rules.yaml:4:38: it must not be empty'],
    [
      'a pattern that RE2 refuses',
      fileWith({ when: `{ topic: a, if: 'event.id.matches("(?=a)")' }` }),
      expect.stringMatching(/^rules\.yaml:3:45: the regular expression is refused: /),
    ],
  ])('names %s', (_what, text, fault) => {
    expect(faultsOf(text)).toEqual([fault]);
  });

  it('point into a block of text at its beginning', () => {
    expect(
      faultsOf(
        'rules:\n  - name: a\n    when:\n      topic: a\n      if: >\n        event.id ==\n        event.nope\n    actions: [{ setAttributes: { k: v } }]\n',
      ),
    ).toEqual([expect.stringMatching(/^rules\.yaml:5:11: event has no "nope"/)]);
  });

  it('stop an alias bomb', () => {
    const levels = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`);
    expect(faultsOf(`a0: &a0 [x]\n${levels.join('\n')}\nrules: *a9\n`)).toEqual([
      expect.stringContaining('Excessive alias count'),
    ]);
  });

  it.each([
    ['a map', '{ a: b }'],
    ['a list', '[a]'],
    ['bytes', '!!binary aGVsbG8='],
  ])('name %s that stands as a key, which YAML allows', (_name, key) => {
    expect(faultsOf(fileWith({ actions: `[{ setAttributes: { ? ${key} : v } }]` }))).toEqual([
      expect.stringMatching(/^rules\.yaml:4:\d+: a key must be plain text$/),
    ]);
  });

  it('stop text that is nested too deeply', () => {
    expect(faultsOf(`rules: ${'['.repeat(20_000)}${']'.repeat(20_000)}`)).toEqual([
      expect.stringMatching(/^rules\.yaml:1:\d+: it is nested too deeply$/),
    ]);
  });

  it('never end in anything but faults', () => {
    const piece = fc.constantFrom(
      'rules:',
      '\n',
      '  ',
      '- ',
      'name: a',
      'when:',
      'topic: ',
      '{',
      '}',
      '[',
      ']',
      '"',
      '&a ',
      '*a',
      '${',
      'actions:',
      ': ',
      '<<: ',
      '!!str ',
      '|',
      '>',
      '---',
      '\t',
      '\0',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 5 })), { maxLength: 30 }), (pieces) => {
        for (const fault of faultsOf(pieces.join(''))) expect(fault).toMatch(/^rules\.yaml:\d+:\d+: ./s);
      }),
      { numRuns: 500 },
    );
  });
});

describe('what is loaded', () => {
  it('keeps attribute values as they are written', () => {
    const actions = '[{ setAttributes: { zero: 00123, price: 1.50, yes: true, 7: 12345678901234567890, text: "x" } }]';
    const action = ruleSetOf(fileWith({ actions })).rules.get('a')?.actions[0];
    const context = { event: {} as never, trace: {} as never, conversation: {} };
    expect(action?.render(context)).toEqual({
      type: 'setAttributes',
      attributes: { zero: '00123', price: '1.50', yes: 'true', 7: '12345678901234567890', text: 'x' },
    });
  });

  it.each([
    ['30s', 30_000],
    ['15m', 900_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
  ])('reads the age %s', (text, ms) => {
    expect(ruleSetOf(fileWith({ when: `{ topic: a, maxAge: ${text} }` })).rules.get('a')?.maxAgeMs).toBe(ms);
  });

  it('skips events older than a day unless the rule says otherwise', () => {
    expect(ruleSetOf(fileWith({})).rules.get('a')?.maxAgeMs).toBe(86_400_000);
  });

  it('follows anchors and aliases', () => {
    const text = fileWith({
      when: '&w { topic: a.b }',
      more: '  - name: b\n    when: *w\n    actions: [{ setAttributes: { k: v } }]\n',
    });
    expect([...ruleSetOf(text).rules.keys()]).toEqual(['a', 'b']);
  });
});

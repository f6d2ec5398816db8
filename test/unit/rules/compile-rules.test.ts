import { describe, expect, it } from 'vitest';
import { parseTraceparent } from '../../../src/domain/trace-context.ts';
import type { RenderContext } from '../../../src/rules/rule-set.ts';
import { matchedNames } from '../../matched-names.ts';
import { parseRules } from '../../read-rules.ts';
import { sampleEvent } from '../../sample-entry.ts';

const trace = parseTraceparent('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
if (trace === null) throw new Error('not a traceparent');

const event = sampleEvent({
  id: 'e1',
  topic: 'v2.detail.events.conversation.{id}.user.end',
  conversationId: 'c1',
  userId: 'u1',
  mediaType: 'VOICE',
  body: { score: 7, tier: null, key: 'colour', empty: '' },
});
const context: RenderContext = {
  event,
  trace,
  conversation: { id: 'c1', participants: [] },
  participant: { id: 'p1', attributes: { lang: 'de' } },
};

/** The only rule of a file; `parts` are its lines after `when`. */
function rule(...parts: string[]) {
  const text = `rules:\n  - name: the-rule\n    when: { topic: "**" }\n${parts.map((part) => `    ${part}\n`).join('')}`;
  const loaded = parseRules(text, 'rules.yaml', { warn: () => {} });
  const compiled = loaded.ok ? loaded.ruleSet.rules.get('the-rule') : undefined;
  if (compiled === undefined) throw new Error(loaded.ok ? 'no rule' : loaded.faults.join('\n'));
  return compiled;
}

const render = (action: string) => rule(`actions: [${action}]`).actions.map((template) => template.render(context))[0];
const renderTarget = (target: string) =>
  rule(`target: ${target}`, 'actions: [{ setAttributes: { k: v } }]').renderTarget(context);

describe('setAttributes', () => {
  it('renders names and values', () => {
    expect(
      render(
        '{ setAttributes: { otel.traceId: "${trace.traceId}", dd: "${trace.datadogTraceId}", "x.${event.body.key}": "${event.body.score}", tier: platinum, by: "${rule.name} for ${participant.id}", lang: "${participant.attributes.lang}" } }',
      ),
    ).toEqual({
      type: 'setAttributes',
      attributes: {
        'otel.traceId': '0af7651916cd43dd8448eb211c80319c',
        dd: '9532127138774266268',
        'x.colour': '7',
        tier: 'platinum',
        by: 'the-rule for p1',
        lang: 'de',
      },
    });
  });

  it('leaves out what is null, and keeps what is empty', () => {
    expect(render('{ setAttributes: { a: "${event.body.tier}", b: "${event.body.empty}" } }')).toEqual({
      type: 'setAttributes',
      attributes: { a: null, b: '' },
    });
  });

  it.each([
    ['{ setAttributes: { a: "${event.body.nope}" } }', 'rule "the-rule": ${event.body.nope}: there is no "nope"'],
    ['{ setAttributes: { "${event.body.tier}": a } }', 'rule "the-rule": ${event.body.tier}: it is null'],
    ['{ setAttributes: { "${event.body.empty}": a } }', 'rule "the-rule": ${event.body.empty}: it is empty'],
    [
      '{ setAttributes: { colour: a, "${event.body.key}": b } }',
      'rule "the-rule": ${event.body.key}: two attributes have the same name',
    ],
  ])('%s fails', (action, message) => {
    expect(() => render(action)).toThrow(message);
  });
});

describe('applyWrapup', () => {
  it('has its defaults', () => {
    expect(render('{ applyWrapup: { code: abc } }')).toEqual({
      type: 'applyWrapup',
      code: 'abc',
      overwrite: false,
      validateCode: true,
    });
  });

  it('renders code and notes', () => {
    expect(
      render(
        '{ applyWrapup: { code: "c-${event.body.score}", notes: "n ${trace.spanId}", overwrite: true, validateCode: false } }',
      ),
    ).toEqual({
      type: 'applyWrapup',
      code: 'c-7',
      rendered: ['code'],
      notes: 'n b7ad6b7169203331',
      overwrite: true,
      validateCode: false,
    });
  });

  it('leaves notes out that are null, and refuses a code that is', () => {
    expect(render('{ applyWrapup: { code: abc, notes: "${event.body.tier}" } }')).not.toHaveProperty('notes');
    expect(() => render('{ applyWrapup: { code: "${event.body.tier}" } }')).toThrow(
      'rule "the-rule": ${event.body.tier}: it is null',
    );
  });
});

describe('transfer', () => {
  it('has its default and renders its fields', () => {
    expect(render('{ transfer: { queueId: "q-${event.body.score}" } }')).toEqual({
      type: 'transfer',
      queueId: 'q-7',
      rendered: ['queueId'],
      transferType: 'Unattended',
    });
    expect(render('{ transfer: { userId: "${event.userId}", wrapupCode: w, transferType: Attended } }')).toEqual({
      type: 'transfer',
      userId: 'u1',
      wrapupCode: 'w',
      rendered: ['userId'],
      transferType: 'Attended',
    });
  });

  it('refuses a destination that is null', () => {
    expect(() => render('{ transfer: { queueId: "${event.queueId}" } }')).toThrow(
      'rule "the-rule": ${event.queueId}: it is null',
    );
  });
});

describe('target', () => {
  it('is null when the rule has none', () => {
    expect(rule('actions: [{ setAttributes: { k: v } }]').renderTarget(context)).toBeNull();
  });

  it('renders its fields', () => {
    expect(renderTarget('{ purpose: agent, userId: "${event.userId}" }')).toEqual({ purpose: 'agent', userId: 'u1' });
  });

  it('refuses a field that is null', () => {
    expect(() => renderTarget('{ participantId: "${event.participantId}" }')).toThrow(
      'rule "the-rule": ${event.participantId}: it is null',
    );
  });
});

describe('a rule set', () => {
  it('matches by the rules of the file', () => {
    const text =
      'rules:\n  - { name: a, when: { topic: "**.user.*", if: event.userId == "u1" }, actions: [{ setAttributes: { k: v } }] }\n';
    const loaded = parseRules(text, 'rules.yaml', { warn: () => {} });
    expect(loaded.ok && matchedNames(loaded.ruleSet, event)).toEqual(['a']);
    expect(loaded.ok && matchedNames(loaded.ruleSet, { ...event, userId: null })).toEqual([]);
  });
});

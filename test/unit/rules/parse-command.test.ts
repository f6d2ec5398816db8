import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTIONS } from '../../../src/actions/registry.ts';
import { createCommandParser } from '../../../src/rules/parse-command.ts';

const parseCommandFor = createCommandParser(ACTIONS);
const parseCommand = (value: unknown) => parseCommandFor(value, 'c-1');

const faultsOf = (value: unknown) => {
  const parsed = parseCommand(value);
  return parsed.ok ? [] : parsed.faults;
};

describe('parseCommand', () => {
  it('fills in the defaults', () => {
    expect(parseCommand({ actions: [{ applyWrapup: { code: 'a' } }, { transfer: { queueId: 'q' } }] })).toEqual({
      ok: true,
      command: {
        target: null,
        actions: [
          { type: 'applyWrapup', code: 'a', overwrite: false, validateCode: true },
          { type: 'transfer', queueId: 'q', transferType: 'Unattended' },
        ],
      },
    });
  });

  it('keeps what is given, and turns attribute values into strings', () => {
    const value = {
      target: { purpose: 'agent', userId: 'u' },
      actions: [
        { setAttributes: { a: 'x', b: 5, c: true, d: null } },
        { applyWrapup: { code: 'a', notes: 'n', overwrite: true, validateCode: false } },
        { transfer: { address: '+1', wrapupCode: 'w', transferType: 'Attended' } },
      ],
    };
    expect(parseCommand(value)).toEqual({
      ok: true,
      command: {
        target: { purpose: 'agent', userId: 'u' },
        actions: [
          { type: 'setAttributes', attributes: { a: 'x', b: '5', c: 'true', d: null } },
          { type: 'applyWrapup', code: 'a', notes: 'n', overwrite: true, validateCode: false },
          { type: 'transfer', address: '+1', wrapupCode: 'w', transferType: 'Attended' },
        ],
      },
    });
  });

  it('takes a target of null for none', () => {
    expect(parseCommand({ target: null, actions: [{ setAttributes: { a: 'b' } }] })).toMatchObject({
      ok: true,
      command: { target: null },
    });
  });

  it('takes the conversation of the path in the body too', () => {
    expect(parseCommand({ conversationId: 'c-1', actions: [{ setAttributes: { a: 'b' } }] })).toEqual({
      ok: true,
      command: { target: null, actions: [{ type: 'setAttributes', attributes: { a: 'b' } }] },
    });
  });

  it.each([
    [
      { conversationId: 'c-2', actions: [{ setAttributes: { a: 'b' } }] },
      ['conversationId: it is not the conversation of the path'],
    ],
    [
      { conversationId: '', actions: [{ transfer: { queueId: 'q' } }] },
      ['conversationId: it is not the conversation of the path'],
    ],
    [{ conversationId: 7, actions: [{ transfer: { queueId: 'q' } }] }, ['conversationId: expected a string, found a number']],
    [
      { conversationId: 'c-2', actions: [] },
      ['actions: it is empty; at least one is needed', 'conversationId: it is not the conversation of the path'],
    ],
    [null, ['expected a map, found nothing (null)']],
    [[], ['expected a map, found a list']],
    [{}, ['actions: "actions" is missing (expected a list)']],
    [{ actions: [] }, ['actions: it is empty; at least one is needed']],
    [{ actions: [{}] }, ['actions[0]: exactly one of setAttributes, applyWrapup, transfer is needed, found none']],
    [
      { actions: [{ transfer: { queueId: 'a', userId: 'b' } }] },
      [
        'actions[0].transfer: exactly one of queueId, queueName, userId, address, externalContactId is needed, found queueId and userId',
      ],
    ],
    [
      { actions: [{ transfer: { queueId: 'a' } }], rule: 1 },
      ['rule: unknown key "rule" (allowed: conversationId, target, actions)'],
    ],
    [
      { actions: [{ transfer: { queueid: 'a' } }] },
      [
        'actions[0].transfer.queueid: unknown key "queueid" (did you mean "queueId"?) (allowed: queueId, queueName, userId, address, externalContactId, phoneType, requeue, wrapupCode, transferType)',
        'actions[0].transfer: exactly one of queueId, queueName, userId, address, externalContactId is needed, found none',
      ],
    ],
    [{ target: {}, actions: [{ setAttributes: { a: 'b' } }] }, ['target: a target needs at least one field']],
    [
      { actions: [{ setAttributes: { a: '${event.id}' } }] },
      ['actions[0].setAttributes.a: "${" is for rules; a command holds plain values only'],
    ],
    [
      { target: { userId: '${event.userId}' }, actions: [{ applyWrapup: { code: '' } }] },
      [
        'target.userId: "${" is for rules; a command holds plain values only',
        'actions[0].applyWrapup.code: it must not be empty',
      ],
    ],
  ])('refuses %j', (value, faults) => {
    expect(faultsOf(value)).toEqual(faults);
  });

  it('loses no attribute silently', () => {
    const value = JSON.parse('{"actions":[{"setAttributes":{"__proto__":"x","constructor":"y"}}]}');
    expect(parseCommand(value)).toEqual({
      ok: false,
      faults: ['actions[0].setAttributes.__proto__: a key cannot be named "__proto__"'],
    });
  });

  it('answers a hostile command briefly', () => {
    const keys = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`k${i}`, 1]));
    const actions = Array.from({ length: 50 }, () => ({ transfer: keys, ['x'.repeat(100_000)]: {} }));
    const faults = faultsOf({ actions, ...keys });
    expect(faults).toHaveLength(50);
    expect(faults.join('\n').length).toBeLessThan(20_000);
  });

  it('never throws, and never repeats a value', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), (value) => {
        for (const body of [
          value,
          { actions: value },
          { actions: [value] },
          { actions: [{ setAttributes: value }] },
          { actions: [{ transfer: value }] },
        ]) {
          parseCommand(body);
        }
      }),
    );
    const secret = 's3cr3t-value';
    const faults = faultsOf({
      actions: [{ transfer: { queueId: `\${${secret}}`, transferType: secret } }, { setAttributes: { a: [secret] } }],
      target: secret,
    });
    expect(faults).toHaveLength(4);
    expect(faults.join()).not.toContain(secret);
  });
});

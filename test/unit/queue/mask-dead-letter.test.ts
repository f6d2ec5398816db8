import { describe, expect, test } from 'vitest';
import { ACTIONS, createActionMask } from '../../../src/actions/registry.ts';
import type { Outcome } from '../../../src/domain/outcome.ts';
import type { DeadLetter } from '../../../src/queue/dead-letters.ts';
import { maskDeadLetter as maskWith } from '../../../src/queue/mask-dead-letter.ts';
import { sampleEntry } from '../../sample-entry.ts';

const outcome: Outcome = {
  kind: 'dead-lettered',
  reason: 'refused',
  detail: 'Genesys answered 400',
  rule: null,
  action: 'setAttributes',
  participantId: 'p-1',
};

function letterOf(fields: Partial<DeadLetter>): DeadLetter {
  const times = { attempts: 1, receivedAt: 1, deadLetteredAt: 2, sequence: 1 };
  return { conversationId: 'c-1', entry: null, raw: null, actionKey: '0', outcome, traceparent: null, ...times, ...fields };
}

/** Wherever a value may be that nobody should see, it is this one. */
const HIDDEN = 'hidden-value';

const maskDeadLetter = (letter: DeadLetter) => maskWith(letter, createActionMask(ACTIONS));

describe('a dead letter as people see it', () => {
  test('has the names of the event body, the types of its values, and no value', () => {
    const { event } = sampleEntry('c-1', 'e-1');
    const body = { text: HIDDEN, count: 7, nested: { deep: HIDDEN }, list: [HIDDEN], nothing: null };
    const entry = sampleEntry('c-1', 'e-1', { event: { ...event, body, ani: HIDDEN, dnis: HIDDEN, address: HIDDEN } });
    const masked = maskDeadLetter(letterOf({ entry }));
    expect(JSON.stringify(masked)).not.toContain(HIDDEN);
    expect(masked.entry?.event).toEqual({
      ...event,
      ani: '[string]',
      dnis: '[string]',
      address: '[string]',
      body: { text: '[string]', count: '[number]', nested: '[object]', list: '[array]', nothing: null },
    });
  });

  test('has no value that a command brought, and says what it is about all the same', () => {
    const entry = sampleEntry('c-1', 'e-1', {
      work: {
        kind: 'command',
        target: { address: HIDDEN, purpose: 'customer' },
        actions: [
          { type: 'setAttributes', attributes: { tier: HIDDEN, gone: null } },
          { type: 'applyWrapup', code: 'sold', notes: HIDDEN, overwrite: false, validateCode: true },
          { type: 'transfer', address: HIDDEN, transferType: 'Unattended' },
          { type: 'transfer', queueId: 'q-1', transferType: 'Unattended' },
        ],
      },
    });
    const masked = maskDeadLetter(letterOf({ entry }));
    expect(JSON.stringify(masked)).not.toContain(HIDDEN);
    expect(masked.entry?.work).toEqual({
      kind: 'command',
      target: { address: '[string]', purpose: 'customer' },
      actions: [
        { type: 'setAttributes', attributes: { tier: '[string]', gone: null } },
        { type: 'applyWrapup', code: 'sold', notes: '[string]', overwrite: false, validateCode: true },
        { type: 'transfer', address: '[string]', transferType: 'Unattended' },
        { type: 'transfer', queueId: 'q-1', transferType: 'Unattended' },
      ],
    });
  });

  test('tells only the size of what can not be read', () => {
    expect(maskDeadLetter(letterOf({ raw: HIDDEN }))).toEqual(letterOf({ raw: '[12 bytes]' }));
  });

  test('is a copy: what is stored stays as it is', () => {
    const entry = sampleEntry('c-1', 'e-1');
    const letter = letterOf({ entry });
    const before = structuredClone(letter);
    maskDeadLetter(letter);
    expect(letter).toEqual(before);
  });
});

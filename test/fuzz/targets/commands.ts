import { ACTIONS } from '../../../src/actions/registry.ts';
import { EnvelopeError } from '../../../src/envelopes/envelope-error.ts';
import { decodeJson } from '../../../src/envelopes/json.ts';
import { createCommandParser } from '../../../src/rules/parse-command.ts';
import { damageJson } from '../damage-json.ts';
import { type FuzzTarget, mustHold } from '../target.ts';

const parseCommand = createCommandParser(ACTIONS);

const SEEDS: readonly unknown[] = [
  { target: { purpose: 'agent', userId: 'u-1' }, actions: [{ setAttributes: { escalated: 'true', count: 3 } }] },
  { conversationId: 'c-1', actions: [{ applyWrapup: { code: 'w-1', notes: 'n', overwrite: true, validateCode: false } }] },
  {
    target: { address: 'tel:+13175550100' },
    actions: [{ transfer: { queueId: 'q-1', wrapupCode: 'w-1', transferType: 'Attended' } }],
  },
];

/** A body to a command: it is taken with what it names, or every fault is a sentence. */
export const commands: FuzzTarget = {
  name: 'commands',
  share: 0.05,
  createTrial(random) {
    const text = damageJson(random.pick(SEEDS), random);
    return { holds: () => holds(text), show: () => text };
  },
};

function holds(text: string): boolean {
  const body = decodeOrRefuse(text);
  if (body === undefined) return false;
  const parsed = parseCommand(body, 'c-1');
  if (!parsed.ok) {
    mustHold(parsed.faults.length > 0 && parsed.faults.every((fault) => fault !== ''), 'a refusal names its faults');
    return false;
  }
  mustHold(parsed.command.actions.length > 0, 'a command has an action');
  for (const action of parsed.command.actions) {
    if (action.type !== 'transfer') continue;
    const destinations = [action.queueId, action.userId, action.address].filter((destination) => destination !== undefined);
    mustHold(destinations.length === 1, 'a transfer has one destination');
  }
  return true;
}

function decodeOrRefuse(text: string): unknown {
  try {
    return decodeJson(Buffer.from(text));
  } catch (error) {
    if (error instanceof EnvelopeError) return undefined;
    throw error;
  }
}

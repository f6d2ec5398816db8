import { expect, it } from 'vitest';
import type { ActionKind, ActionKinds } from '../../../src/actions/action-kind.ts';
import { planEach } from '../../../src/actions/plan.ts';
import { ACTIONS, createActionMask } from '../../../src/actions/registry.ts';
import { ending, eventSelector, requireParticipant } from '../../../src/actions/step.ts';
import type { ActionType } from '../../../src/domain/action.ts';
import { createCommandParser } from '../../../src/rules/parse-command.ts';
import { strictObject } from '../../../src/rules/schema-faults.ts';
import type { RenderScope, RequiredText } from '../../../src/rules/text-fields.ts';
import { parseRules } from '../../read-rules.ts';
import { callsOf, entryFor, withWorker } from './with-worker.ts';

/** In `src` this would be an interface that is declared in `ActionShapes`, and the name would be one of `ActionType`. */
const TYPE = 'setPriority' as ActionType;

/** A kind that the service does not have: one object, as a new folder would export it. */
const setPriority: ActionKind = {
  type: TYPE,
  order: 'in-turn',
  scalarsAsWritten: false,
  schema: ({ required }) =>
    strictObject({ priority: required }).transform(({ priority }: { priority: RequiredText }) => (scope: RenderScope) => {
      return { type: TYPE, priority: priority.render(scope) } as never;
    }),
  mask: () => ({ type: TYPE, priority: '[string]' }) as never,
  defaultSelector: eventSelector,
  reportedBy: () => null,
  shownBy: () => [],
  open: () => ({
    plan: (steps, live) =>
      planEach(steps, async (step) => {
        const conversation = await live.current();
        const { id } = requireParticipant(step, conversation);
        const { priority } = step.render(conversation, {}) as unknown as { readonly priority: string };
        return {
          participantId: id,
          endings: new Map([[step, ending('applied', 'written', 'priority set', id)]]),
          what: 'priority',
          send: async () => {
            await live.write((version) => live.client.patchAttributes(live.conversationId, id, { priority }, { version }));
            return false;
          },
          isVisible: ({ participants }) =>
            participants.some((fresh) => fresh.id === id && fresh.attributes?.priority === priority),
        };
      }),
  }),
};

const KINDS: ActionKinds = { ...ACTIONS, [TYPE]: setPriority };
const RULES = `
rules:
  - name: urgent
    when: { topic: "**" }
    target: { purpose: customer }
    actions:
      - setAttributes: { tier: gold }
      - setPriority: { priority: "\${event.body.level}" }
`;

it('a fourth kind of action goes from YAML to the API call through the real compiler and runner', async () => {
  await withWorker(
    { rules: RULES, kinds: KINDS, simulator: { writeVisibilityMs: 0 } },
    async ({ simulator, receive, processed }) => {
      const { id } = simulator.createConversation({ participants: [{ id: 'p-customer', purpose: 'customer' }] });
      const entry = entryFor({ conversationId: id, body: { level: '5' } }, ['urgent']);
      await receive(entry);
      expect((await processed(entry.id)).outcomes).toMatchObject([
        { action: 'setAttributes', outcome: 'applied' },
        { action: 'setPriority', outcome: 'applied', participantId: 'p-customer' },
      ]);
      expect(simulator.conversation(id)?.participants[0]?.attributes).toEqual({ tier: 'gold', priority: '5' });
      expect(callsOf(simulator)).toEqual([
        'get-conversation 200',
        'patch-attributes 202',
        'patch-attributes 202',
        'get-conversation 200',
      ]);
    },
  );
});

it('has its failures decided as every other kind has', async () => {
  await withWorker(
    { rules: RULES, kinds: KINDS, simulator: { writeVisibilityMs: 0 } },
    async ({ simulator, receive, processed }) => {
      const { id } = simulator.createConversation({ participants: [{ id: 'p-customer', purpose: 'customer' }] });
      const entry = entryFor({ conversationId: id, body: {} }, ['urgent']);
      await receive(entry);
      expect((await processed(entry.id)).outcomes).toContainEqual(
        expect.objectContaining({ action: 'setPriority', outcome: 'dead-lettered', reason: 'expression-failed' }),
      );
    },
  );
});

it('commands and masks know it, and those of the service refuse it', () => {
  const command = { actions: [{ setPriority: { priority: '5' } }] };
  expect(createCommandParser(KINDS)(command, 'c-1')).toMatchObject({
    ok: true,
    command: { actions: [{ type: TYPE, priority: '5' }] },
  });
  expect(createCommandParser(ACTIONS)(command, 'c-1').ok).toBe(false);
  expect(createActionMask(KINDS)({ type: TYPE, priority: '5' } as never)).toEqual({ type: TYPE, priority: '[string]' });
  expect(createActionMask(ACTIONS)({ type: TYPE, priority: '5' } as never)).toEqual({ type: TYPE });
  expect(parseRules(RULES, 'rules.yaml', { warn: () => {} }).ok).toBe(false);
});

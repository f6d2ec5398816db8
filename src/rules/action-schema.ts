import { z } from 'zod';
import type { Scope } from './expression.ts';
import { strictObject } from './schema-faults.ts';
import { compileTemplate } from './template.ts';

/** In a rule a text may hold `${...}`; in a command it may not. */
export type TextMode = 'template' | 'literal';

/** The longest text of a command or a rule, in UTF-16 units. */
const MAX_TEXT_LENGTH = 65_536;

function textIn(mode: TextMode, scope: Scope) {
  return z
    .string()
    .max(MAX_TEXT_LENGTH)
    .superRefine((text, context) => {
      if (mode === 'literal') {
        if (text.includes('${'))
          context.addIssue({ code: 'custom', message: '"${" is for rules; a command holds plain values only' });
        return;
      }
      const compiled = compileTemplate(text, scope);
      if (compiled.ok) return;
      for (const { message, offset } of compiled.faults) context.addIssue({ code: 'custom', message, params: { offset } });
    });
}

/** The name of the property that the map has, of those that exclude each other. */
function countOf(value: unknown, names: readonly string[]): number {
  return names.filter((name) => (value as Record<string, unknown>)[name] !== undefined).length;
}

const isMap = (payload: { value: unknown }) => typeof payload.value === 'object' && payload.value !== null;

/** Says what is wrong even where a property of the same map is wrong too, so that all faults are found at once. */
function exactlyOne(names: readonly string[]) {
  return z.refine((value) => countOf(value, names) === 1, {
    error: ({ input }) => `exactly one of ${names.join(', ')} is needed, found ${countOf(input, names) || 'none'}`,
    when: isMap,
  });
}

const DESTINATIONS = ['queueId', 'userId', 'address'] as const;
const ACTION_TYPES = ['setAttributes', 'applyWrapup', 'transfer'] as const;

function requireOneOf(names: readonly string[]): { oneOf: { required: string[] }[] } {
  return { oneOf: names.map((name) => ({ required: [name] })) };
}

/** `target` and `actions` as they are written in a rule (`template`) or in a command (`literal`). */
export function createActionSchemas(mode: TextMode) {
  const required = textIn(mode, 'action').check(z.minLength(1));
  const targetField = textIn(mode, 'target').check(z.minLength(1));
  const target = strictObject({
    participantId: targetField.optional(),
    communicationId: targetField.optional().describe("The vendor's `sessionId`."),
    userId: targetField.optional(),
    address: targetField.optional().describe('Compared normalised: `tel:+1 317 555 0100` equals `+13175550100`.'),
    purpose: targetField.optional().describe('`customer`, `agent`, `acd`, `ivr` ...'),
  }).check(
    z.refine((value) => Object.keys(value as object).length > 0, { error: 'a target needs at least one field', when: isMap }),
    z.meta({ description: 'Which participant the actions are for; all that are given must hold.', minProperties: 1 }),
  );
  const action = strictObject({
    setAttributes: attributesIn(mode).optional(),
    applyWrapup: wrapupIn(mode, required).optional(),
    transfer: transferIn(required).optional(),
  }).check(exactlyOne(ACTION_TYPES), z.meta(requireOneOf(ACTION_TYPES)));
  const actions = z.array(action).min(1).max(50).describe('Done in this order.');
  return { target, actions };
}

function attributesIn(mode: TextMode) {
  const plain = z.union([textIn(mode, 'action'), z.number(), z.boolean()]).transform(String);
  const value = z.union([plain, z.null()]);
  return z
    .record(textIn(mode, 'action').check(z.minLength(1)), value)
    .refine((attributes) => Object.keys(attributes).length > 0, { error: 'at least one attribute is needed' })
    .meta({
      description:
        'Participant attributes by name. Values become strings; null, or an expression that is null, leaves its attribute out.',
      minProperties: 1,
    });
}

type Text = ReturnType<typeof textIn>;

function wrapupIn(mode: TextMode, required: Text) {
  return strictObject({
    code: required.describe('Id or name of the wrap-up code.'),
    notes: textIn(mode, 'action').optional().describe('Left out when it is one expression that is null.'),
    overwrite: z.boolean().default(false).describe('Whether a different code that is already set is replaced.'),
    validateCode: z
      .boolean()
      .default(true)
      .describe('Whether the code must be among those that Genesys lists for the participant.'),
  }).describe("Applies a wrap-up code to the agent's participant.");
}

function transferIn(required: Text) {
  return strictObject({
    queueId: required.optional(),
    userId: required.optional(),
    address: required.optional(),
    wrapupCode: required
      .optional()
      .describe("Id or name of a wrap-up code that is set on the agent's participant before the transfer."),
    transferType: z.enum(['Unattended', 'Attended']).default('Unattended').describe("Genesys's transferType."),
  }).check(
    exactlyOne(DESTINATIONS),
    z.meta({ description: 'Transfers to exactly one of queueId, userId and address.', ...requireOneOf(DESTINATIONS) }),
  );
}

type Schemas = ReturnType<typeof createActionSchemas>;
export type TargetSource = z.output<Schemas['target']>;
export type ActionSource = z.output<Schemas['actions']>[number];

import { z } from 'zod';
import type { Target } from '../domain/action.ts';
import { KNOWN_PURPOSES } from '../domain/topic-catalogue.ts';
import type { ActionSyntaxes, CompiledAction, Render } from './action-syntax.ts';
import { exactlyOne, hasMap, requireOneOf, strictObject } from './schema-faults.ts';
import { createTextFields, renderFields, type TextMode } from './text-fields.ts';

/** `target` and `actions` as they are written in a rule (`template`) or in a command (`literal`), compiled. */
export function createActionSchemas(mode: TextMode, syntaxes: ActionSyntaxes) {
  return { target: targetIn(mode), actions: actionsIn(mode, syntaxes) };
}

function targetIn(mode: TextMode) {
  const field = createTextFields(mode, 'target').required;
  return strictObject({
    participantId: field.optional().describe('Id of the participant.'),
    communicationId: field.optional().describe("The vendor's `sessionId`."),
    userId: field.optional().describe("Id of the participant's user; an agent who had the caller twice is two participants."),
    address: field.optional().describe('Compared normalised: `tel:+1 317 555 0100` equals `+13175550100`.'),
    purpose: field.optional().meta({ description: '`customer`, `agent`, `acd`, `ivr` ...', suggestions: KNOWN_PURPOSES }),
  })
    .check(
      z.refine((value) => Object.keys(value as object).length > 0, { error: 'a target needs at least one field', when: hasMap }),
      z.meta({ description: 'Which participant the actions are for; all that are given must hold.', minProperties: 1 }),
    )
    .transform(
      (fields): Render<Target> =>
        (scope) =>
          renderFields(fields, scope),
    );
}

function actionsIn(mode: TextMode, syntaxes: ActionSyntaxes) {
  const fields = createTextFields(mode, 'action');
  const kinds = Object.values(syntaxes);
  const types = kinds.map(({ type }) => type);
  const action = strictObject(Object.fromEntries(kinds.map((kind) => [kind.type, kind.schema(fields).optional()])))
    .check(exactlyOne(types, '; write each as an element of its own'), z.meta(requireOneOf(types)))
    .transform((given) => types.flatMap((type): CompiledAction[] => toCompiled(type, given[type])));
  return z
    .array(action)
    .min(1)
    .max(50)
    .describe('Done in this order.')
    .transform((actions) => actions.flat());
}

function toCompiled(type: CompiledAction['type'], render: CompiledAction['render'] | undefined): CompiledAction[] {
  return render === undefined ? [] : [{ type, render }];
}

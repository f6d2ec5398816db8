import { z } from 'zod';
import type { Render } from '../../rules/action-syntax.ts';
import { RenderError } from '../../rules/rule-set.ts';
import { literalText, type RequiredText, type Text, type TextFields } from '../../rules/text-fields.ts';
import type { SetAttributes } from './action.ts';

interface Pair {
  readonly name: RequiredText;
  /** `null` leaves the attribute out. */
  readonly value: Text | null;
}

export function attributesSchema({ text, key, keyText }: TextFields): z.ZodType<Render<SetAttributes>> {
  const toLiteral = (value: number | boolean) => literalText(String(value));
  const plain = z.union([text, z.number().transform(toLiteral), z.boolean().transform(toLiteral)]);
  return z
    .record(key, z.union([plain, z.null()]))
    .refine((attributes) => Object.keys(attributes).length > 0, { error: 'at least one attribute is needed' })
    .meta({
      description:
        'Participant attributes by name. Values become strings; null, or an expression that is null, leaves its attribute out.',
      minProperties: 1,
    })
    .transform((attributes) => toRender(Object.entries(attributes).map(([name, value]) => ({ name: keyText(name), value }))));
}

function toRender(pairs: readonly Pair[]): Render<SetAttributes> {
  return (scope) => {
    const attributes = new Map<string, string | null>();
    for (const { name, value } of pairs) {
      const rendered = name.render(scope);
      if (attributes.has(rendered)) throw new RenderError(scope.rule, name.expression, 'two attributes have the same name');
      attributes.set(rendered, value?.render(scope) ?? null);
    }
    // fromEntries defines "__proto__" like any other name.
    return { type: 'setAttributes', attributes: Object.fromEntries(attributes) };
  };
}

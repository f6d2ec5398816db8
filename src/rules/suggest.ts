import type { z } from 'zod';

/**
 * For `override` of `z.toJSONSchema`. Zod drops `examples` from a schema that transforms its input. So the examples for editors have
 * another name until here.
 */
export function suggest({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (!Array.isArray(jsonSchema.suggestions)) return;
  jsonSchema.examples = jsonSchema.suggestions;
  delete jsonSchema.suggestions;
}

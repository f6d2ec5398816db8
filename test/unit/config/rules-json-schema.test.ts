import { expect, it } from 'vitest';
import { ACTIONS } from '../../../src/actions/registry.ts';
import { createRulesJsonSchema } from '../../../src/config/rules-schema.ts';
import { TOPIC_CATALOGUE } from '../../../src/domain/topic-catalogue.ts';

interface Schema {
  readonly description?: string;
  readonly examples?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

/** Every property with its path, so that an editor's hover and completion are seen as a whole. */
function propertiesOf(schema: Schema, path: string): [string, Schema][] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, inner]): [string, Schema][] => [
    [`${path}.${name}`, inner],
    ...propertiesOf(inner, `${path}.${name}`),
  ]);
  return [...own, ...[schema.items ?? [], schema.anyOf ?? []].flat().flatMap((inner) => propertiesOf(inner, path))];
}

const properties = new Map(propertiesOf(createRulesJsonSchema(ACTIONS) as Schema, ''));

it('explains every key', () => {
  expect([...properties].filter(([, { description }]) => description === undefined).map(([path]) => path)).toEqual([]);
  expect(properties.size).toBeGreaterThan(20);
});

it('completes topics and purposes', () => {
  const [one, several] = properties.get('.rules.when.topic')?.anyOf ?? [];
  expect(one?.examples).toEqual(TOPIC_CATALOGUE.map(({ topic }) => topic));
  expect(several?.items?.examples).toEqual(one?.examples);
  expect(properties.get('.rules.target.purpose')?.examples).toContain('customer');
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { runCase, type TestCase, testFileSchema } from '../../../scripts/rules-test/test-cases.ts';
import { parseRules } from '../../read-rules.ts';
import { mutantsOf } from './mutants.ts';

const read = (path: string) => readFileSync(new URL(`../../../docs/${path}`, import.meta.url), 'utf8');
const NOW = Date.parse('2026-11-20T12:00:00.000Z');

/** The rules of each recipe that has some, as they are written. */
const recipes = read('recipes.md')
  .split(/^## /m)
  .flatMap((section): [string, string][] => {
    const [, rules] = /^```yaml\n(rules:.*?)^```/ms.exec(section) ?? [];
    return rules === undefined ? [] : [[section.slice(0, section.indexOf('\n')), rules]];
  });
const written = parse(read('recipes.test.yaml')) as Readonly<Record<string, unknown>>;
const casesOf = (recipe: string) => testFileSchema.parse({ cases: written[recipe] }).cases;

/** Of the first case that has some. */
async function problemsOf(rules: string, cases: readonly TestCase[]): Promise<readonly string[]> {
  const loaded = parseRules(rules, 'recipe.yaml', { warn: () => {} });
  if (!loaded.ok) return loaded.faults;
  for (const test of cases) {
    const { name, problems } = await runCase(test, loaded.ruleSet, NOW);
    if (problems.length > 0) return problems.map((problem) => `${name}: ${problem}`);
  }
  return [];
}

describe('the cases of the recipes', () => {
  it('are there for every recipe with rules', () => {
    expect(Object.keys(written).toSorted()).toEqual(recipes.map(([name]) => name).toSorted());
  });

  it.each(recipes)('%s', async (name, rules) => {
    expect(await problemsOf(rules, casesOf(name))).toEqual([]);
  });

  it('catch at least 95 of 100 changes to their rules', async () => {
    const mutants = recipes.flatMap(([name, rules]) => mutantsOf(parse(rules)).map((mutant) => ({ name, ...mutant })));
    const survivors: string[] = [];
    for (const { name, what, rules } of mutants) {
      if ((await problemsOf(stringify(rules), casesOf(name))).length === 0) survivors.push(`${name}: ${what}`);
    }
    expect(mutants.length).toBeGreaterThan(80);
    expect(survivors.length / mutants.length, survivors.join('\n')).toBeLessThanOrEqual(0.05);
  });
});

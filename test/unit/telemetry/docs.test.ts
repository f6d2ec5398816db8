import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ATTRIBUTE, SPAN, SPAN_EVENT } from '../../../src/telemetry/span-names.ts';
import { exposeEveryMetric } from './exposed-metrics.ts';

const root = join(import.meta.dirname, '../../..');
const page = readFileSync(join(root, 'docs/telemetry.md'), 'utf8').replaceAll(/^```.*?^```$/gms, '');
const source = readFileSync(join(root, 'src/telemetry/metrics.ts'), 'utf8');
const named = new Set([...page.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));

it.each([...Object.values(SPAN), ...Object.values(SPAN_EVENT), ...Object.values(ATTRIBUTE)])('docs/telemetry.md has %s', (name) =>
  expect([...named]).toContain(name),
);

it('docs/telemetry.md has every metric, by both of its names', async () => {
  const { families } = await exposeEveryMetric();
  const instruments = [...source.matchAll(/create\w+\(\s*'([^']+)'/g)].map(([, name = '']) => name);
  expect(instruments.filter((name) => !named.has(name))).toEqual([]);
  expect([...families.keys()].filter((name) => name !== 'target_info' && !named.has(name))).toEqual([]);
});

it('docs/telemetry.md invents no name', () => {
  const known = new Set<string>([...Object.values(SPAN), ...Object.values(SPAN_EVENT), ...Object.values(ATTRIBUTE)]);
  const ours = [...named].filter((name) => /^(hookpatch|genesys)\.[a-z]/.test(name));
  expect(ours.filter((name) => !known.has(name) && !source.includes(`'${name}'`))).toEqual([]);
});

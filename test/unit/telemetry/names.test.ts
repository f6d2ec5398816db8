import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ATTRIBUTE, SPAN, SPAN_EVENT } from '../../../src/telemetry/span-names.ts';

const source = join(import.meta.dirname, '..', '..', '..', 'src');
const TABLE = join('telemetry', 'span-names.ts');
const METRICS = join('telemetry', 'metrics.ts');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(join(source, name), 'utf8') }));

function filesWith(text: string): string[] {
  return files.filter(({ name, text: content }) => name !== TABLE && content.includes(text)).map(({ name }) => name);
}

test.each([...Object.values(SPAN), ...Object.values(SPAN_EVENT), ...Object.values(ATTRIBUTE)].map((name) => [name]))(
  'the span name %s is written in its table only',
  (name) => {
    expect(filesWith(`'${name}'`)).toEqual([]);
  },
);

test.each([
  ...Object.keys(SPAN).map((key) => [`SPAN.${key}`]),
  ...Object.keys(SPAN_EVENT).map((key) => [`SPAN_EVENT.${key}`]),
  ...Object.keys(ATTRIBUTE).map((key) => [`ATTRIBUTE.${key}`]),
])('%s is used', (name) => {
  expect(files.some(({ text }) => new RegExp(`\\b${name}\\b`).test(text))).toBe(true);
});

test('metrics are made in their table only', () => {
  const makers = files
    .filter(({ text }) => /\.create(Counter|Histogram|Gauge|Observable\w+)\(/.test(text))
    .map(({ name }) => name);
  expect(makers).toEqual([METRICS]);
});

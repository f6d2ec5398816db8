import { readFile } from 'node:fs/promises';
import { Optional } from '@marcbachmann/cel-js';
import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator';
import { describe, expect, it } from 'vitest';
import { compileIn, createEnvironment } from '../../../src/rules/expression.ts';
import { type CelValue, DIFFERENT, listConformanceTests, REFUSED } from './cel-conformance.ts';

/** The value in one text, so that kinds are compared too: an int is not a double. */
function show(value: unknown): string {
  if (value instanceof UnsignedInt) return `uint ${value}`;
  if (typeof value === 'bigint') return `int ${value}`;
  if (typeof value === 'number') return `double ${value === 0 ? 0 : value}`;
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (value instanceof Date) return `timestamp ${value.toISOString()}`;
  if (value instanceof Duration) return `duration ${value}`;
  if (value instanceof Optional) return value.hasValue() ? `optional ${show(value.value())}` : 'none';
  const entries = value instanceof Map ? [...value] : Object.entries(value as object);
  return `{${entries
    .map(([key, inner]) => `${show(key)}: ${show(inner)}`)
    .toSorted()
    .join(', ')}}`;
}

function toValue(value: CelValue): unknown {
  if ('int64Value' in value) return BigInt(value.int64Value);
  if ('uint64Value' in value) return new UnsignedInt(BigInt(value.uint64Value));
  if ('doubleValue' in value) return Number(value.doubleValue);
  if ('stringValue' in value) return value.stringValue;
  if ('boolValue' in value) return value.boolValue;
  if ('listValue' in value) return (value.listValue.values ?? []).map(toValue);
  if ('mapValue' in value) {
    return new Map((value.mapValue.entries ?? []).map((entry) => [toValue(entry.key), toValue(entry.value)]));
  }
  return null;
}

function evaluate(expression: string, bindings: Readonly<Record<string, CelValue>>): string {
  const variables = Object.fromEntries(Object.entries(bindings).map(([name, value]) => [name, toValue(value)]));
  const environment = createEnvironment(Object.fromEntries(Object.keys(bindings).map((name) => [name, 'dyn'])));
  const compiled = compileIn(environment, expression, 'action');
  if (!compiled.ok) return 'error';
  try {
    return show(compiled.expression.evaluate(variables));
  } catch {
    return 'error';
  }
}

describe("CEL's own conformance tests", () => {
  const results = listConformanceTests().map(({ name, expression, bindings, expected }) => {
    const found = evaluate(expression, bindings);
    return { name, found, passes: found === (expected === null ? 'error' : show(toValue(expected))) };
  });
  const failed = results.filter(({ passes }) => !passes);

  it('pass, but for those that are refused and those that differ', () => {
    expect(failed.filter(({ found }) => found === 'error').map(({ name }) => name)).toEqual(REFUSED);
    expect(failed.filter(({ found }) => found !== 'error').map(({ name }) => name)).toEqual(DIFFERENT);
  });

  it('are as many as the decision record says', async () => {
    const record = await readFile(new URL('../../../docs/decisions/0015-cel-engine.md', import.meta.url), 'utf8');
    const passed = results.length - failed.length;
    expect(record).toContain(
      `${passed} of the ${results.length} pass; ${REFUSED.length} are refused, and ${DIFFERENT.length} have another value`,
    );
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileExpression } from '../../../src/rules/expression.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'expressions.md'), 'utf8');
const [, json = ''] = /^```json\n(.*?)^```/ms.exec(page) ?? [];
const event: unknown = JSON.parse(json);

const codeOf = (cell = '') =>
  cell
    .replace(/^(?:`|<code>)/, '')
    .replace(/(?:`|<\/code>)$/, '')
    .replaceAll('&#124;', '|');
const examples = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---') && !line.includes('| example |'))
  .map((line) => line.split('|').slice(-3, -1))
  .map((cells) => cells.map((cell) => codeOf(cell.trim())));

describe('the examples of docs/expressions.md', () => {
  it.each(examples)('%s is %s', (example = '', result = '') => {
    const compiled = compileExpression(`(${example}) == (${result})`, 'action');
    expect(compiled.ok ? compiled.expression.evaluate({ event }) : compiled.faults).toBe(true);
  });
});

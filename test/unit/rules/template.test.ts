import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RenderError } from '../../../src/rules/rule-set.ts';
import { compileTemplate, parseTemplate } from '../../../src/rules/template.ts';

function partsOf(text: string) {
  const parsed = parseTemplate(text);
  return parsed.ok ? parsed.parts.map((part) => (part.kind === 'text' ? part.text : [part.source, part.offset])) : parsed.fault;
}

function render(text: string, body: Record<string, unknown> = {}): string | null {
  const compiled = compileTemplate(text, 'action');
  if (!compiled.ok) throw new Error(compiled.faults.map(({ message }) => message).join('\n'));
  return compiled.template.render('r', { event: { id: 'e1', body }, rule: { name: 'r' } });
}

describe('parseTemplate', () => {
  it.each([
    ['', ['']],
    ['plain', ['plain']],
    ['${a}', [['a', 2]]],
    ['x ${a} y ${b}', ['x ', ['a', 4], ' y ', ['b', 11]]],
    [
      '${a}${b}',
      [
        ['a', 2],
        ['b', 6],
      ],
    ],
    ['${{"k": {"l": 1}}.k}!', [['{"k": {"l": 1}}.k', 2], '!']],
    ['${"}"}', [['"}"', 2]]],
    ["${'\\'}'}", [["'\\'}'", 2]]],
    ['${r"\\"}x', [['r"\\"', 2], 'x']],
    ['${"""a"}"b"""}', [['"""a"}"b"""', 2]]],
    ['${bar"}"}', [['bar"}"', 2]]],
    ['$${a}', ['${a}']],
    ['1$${a}${b}', ['1${a}', ['b', 8]]],
    ['$ {a} $a }', ['$ {a} $a }']],
  ])('%s', (text, parts) => {
    expect(partsOf(text)).toEqual(parts);
  });

  it.each(['${', 'a ${b', '${"}', '${{}', "${'''a''}"])('needs an end: %s', (text) => {
    expect(partsOf(text)).toEqual({ message: '"${" has no closing "}"', offset: text.indexOf('${') });
  });

  it('loses nothing: the parts put together are the text', () => {
    const piece = fc.constantFrom('${', '}', '{', '"', "'", '"""', 'a', '\\', '$', 'r"', ' ', '$${');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 15 }), (pieces) => {
        const text = pieces.join('');
        const parsed = parseTemplate(text);
        if (!parsed.ok) {
          expect(text.startsWith('${', parsed.fault.offset)).toBe(true);
          return;
        }
        for (const part of parsed.parts) {
          if (part.kind === 'expression') expect(text.startsWith(`\${${part.source}}`, part.offset - 2)).toBe(true);
        }
        const written = parsed.parts.map((part) =>
          part.kind === 'text' ? part.text.replaceAll('${', () => '$${') : `\${${part.source}}`,
        );
        expect(written.join('')).toBe(text);
      }),
      { numRuns: 3000 },
    );
  });

  it('finds the end of every string literal that CEL can hold', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (value, after) => {
        const source = JSON.stringify(value);
        expect(partsOf(`\${${source}}${after.replaceAll('$', '')}`)).toEqual([
          [source, 2],
          ...(after.replaceAll('$', '') === '' ? [] : [after.replaceAll('$', '')]),
        ]);
      }),
    );
  });
});

describe('rendering', () => {
  it.each<[string, unknown, string | null]>([
    ['${event.body.v}', 'text', 'text'],
    ['${event.body.v}', 5, '5'],
    ['${event.body.v}', 1.5, '1.5'],
    ['${event.body.v}', 1e21, '1000000000000000000000'],
    ['${event.body.v}', -0, '0'],
    ['${event.body.v}', true, 'true'],
    ['${event.body.v}', null, null],
    ['${1 + 2}', null, '3'],
    ['${18446744073709551615u}', null, '18446744073709551615'],
    ['${event.body.?missing}', null, null],
    ['${event.body.?v}', 'text', 'text'],
    ['${timestamp("2026-01-02T03:04:05Z")}', null, '2026-01-02T03:04:05.000Z'],
    ['${duration("90s")}', null, '90s'],
    ['a ${event.body.v} ${rule.name}', 7, 'a 7 r'],
    ['$${event.body.v}', 7, '${event.body.v}'],
    ['${event.body.v}', '', ''],
  ])('%s with %j', (text, v, expected) => {
    expect(render(text, { v })).toBe(expected);
  });

  it.each<[string, unknown, string]>([
    ['a ${event.body.v}', null, 'rule "r": ${event.body.v}: it is null in the middle of a text'],
    ['${event.body.v}', ['a'], 'rule "r": ${event.body.v}: a list cannot become a text'],
    ['${event.body.v}', { a: 1 }, 'rule "r": ${event.body.v}: a map or another structure cannot become a text'],
    ['${b"abc"}', null, 'rule "r": ${b"abc"}: bytes cannot become a text'],
    ['${1.0 / 0.0}', null, 'rule "r": ${1.0 / 0.0}: a number that is not finite cannot become a text'],
    ['${event.body.w}', null, 'rule "r": ${event.body.w}: there is no "w"'],
    [
      '${event.body.v + event.body.v}',
      'x'.repeat(40_000),
      'rule "r": ${event.body.v + event.body.v}: the text is longer than 65536 characters',
    ],
  ])('%s fails', (text, v, message) => {
    expect(() => render(text, { v })).toThrow(new RenderError('r', '', '').constructor as typeof RenderError);
    expect(() => render(text, { v })).toThrow(message);
  });

  it('renders plain text as it is', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes('${')),
        (text) => {
          expect(render(text)).toBe(text);
        },
      ),
    );
  });
});

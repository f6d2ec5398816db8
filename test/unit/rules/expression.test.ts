import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileExpression, ExpressionError, type Scope } from '../../../src/rules/expression.ts';

function compiled(source: string, scope: Scope = 'action') {
  const result = compileExpression(source, scope);
  if (!result.ok) throw new Error(result.faults.map(({ message }) => message).join('\n'));
  return result.expression;
}

const faultsOf = (source: string, scope: Scope = 'action') => {
  const result = compileExpression(source, scope);
  return result.ok ? [] : result.faults.map(({ message, offset }) => `${offset}: ${message}`);
};

const BODY = JSON.parse(`{
  "count": 5, "ratio": 1.5, "name": "Ann", "none": null, "constructor": "own", "list": ["a", "b"],
  "people": [{ "id": "p1", "calls": [{ "state": "connected" }] }, { "id": "p2", "calls": [] }]
}`);
const VARIABLES = {
  event: { id: 'e1', mediaType: 'VOICE', userId: null, ani: 'x'.repeat(6000), body: BODY },
  trace: { traceId: 'abc' },
  conversation: { id: 'c1', participants: [{ id: 'p1', purpose: 'agent' }] },
  participant: { id: 'p1' },
  rule: { name: 'r' },
};

function reasonOf(source: string): string {
  try {
    compiled(source).evaluate(VARIABLES);
  } catch (error) {
    if (error instanceof ExpressionError) return error.message;
    throw error;
  }
  return 'no error';
}

describe('evaluation', () => {
  it.each([
    ['event.mediaType == "VOICE"', true],
    ['event.userId == null', true],
    ['event.userId == "x"', false],
    ['event.body.count == 5', true],
    ['event.body.count + 1', 6],
    ['2 * event.body.ratio', 3],
    ['10 / event.body.count - 1', 1],
    ['event.body.count >= 5', true],
    ['has(event.body.nothing)', false],
    ['has(event.body.none)', true],
    ['event.body.?nothing.orValue("none")', 'none'],
    ['event.body.?name.orValue("none")', 'Ann'],
    ['event.mediaType in ["VOICE", "CHAT"]', true],
    ['event.body.list.join("+")', 'a+b'],
    ['event.body.name.matches("^A")', true],
    ['event.body.people.filter(p, p.id == "p2").map(p, p.id)', ['p2']],
    ['event.body.people.exists(p, p.calls.exists(c, c.state == "connected"))', true],
    ['conversation.participants[0].purpose + "/" + participant.id + "/" + rule.name', 'agent/p1/r'],
    ['event.body["name"]', 'Ann'],
    ['size("a😀b") == 3 && "a😀b".size() == 3 && size(event.body.list) == 2 && event.body.people[0].size() == 2', true],
    ['timestamp("2026-03-29T00:59:59Z").getHours("Europe/Berlin")', 1n],
    ['timestamp("2026-03-29T01:00:00Z").getHours("Europe/Berlin")', 3n],
    ['timestamp("2026-12-31T23:30:00Z").getFullYear("Asia/Tokyo")', 2027n],
    ['timestamp("2026-12-31T23:30:00Z").getDayOfYear("Asia/Tokyo")', 0n],
    ['timestamp("2026-12-31T23:30:00Z").getDayOfWeek("Asia/Tokyo")', 5n],
    ['timestamp("2026-12-31T23:30:00Z").getHours()', 23n],
  ])('%s', (source, value) => {
    expect(compiled(source).evaluate(VARIABLES)).toEqual(value);
  });

  it('reaches no prototype', () => {
    for (const key of ['__proto__', 'toString', 'hasOwnProperty', 'valueOf']) {
      expect(reasonOf(`event.body.${key}`)).toBe(`there is no "${key}"`);
      expect(reasonOf(`event.body["${key}"]`)).toBe('no such key');
      expect(reasonOf(`event.body.name.${key}`)).toBe(`there is no "${key}"`);
      expect(reasonOf(`event.body.list.${key}`)).not.toBe('no error');
    }
    expect(reasonOf('conversation.constructor')).toBe('there is no "constructor"');
  });

  it('says why it fails and never what a value is', () => {
    expect(reasonOf('event.body.nothing')).toBe('there is no "nothing"');
    expect(reasonOf('conversation[participant.id]')).toBe('no such key');
    expect(reasonOf('int(event.body.name)')).toBe('int conversion error');
    expect(reasonOf('bool(event.body.name)')).toBe('bool conversion error');
    expect(reasonOf('duration(event.body.name)')).toBe('invalid duration');
    expect(reasonOf('event.body.name + event.body.count')).toBe('no such overload: dyn<string> + dyn<double>');
    expect(reasonOf('event.userId.startsWith("a")')).toBe("found no matching overload for 'null.startsWith(string)'");
    expect(reasonOf('timestamp("2026-01-01T00:00:00Z").getHours("nowhere")')).toBe('it cannot be evaluated');
  });

  it.each([
    ['Zoë', '^\\p{L}+$'],
    ['Ann', '^[[:alpha:]]+$'],
    ['A', '^\\x{41}$'],
    ['abc', '\\Aabc\\z'],
    ['a.b', '^\\Qa.b\\E$'],
    ['VIP caller', '(?i)vip'],
    ['ann@mail.example.org', '^[^@]+@([a-z0-9-]+\\.)+[a-z]+$'],
    ['foobarfoo', '^(foo|bar)+$'],
  ])('matches as RE2 does: %s, %s', (text, pattern) => {
    const evaluate = (value: string) =>
      compiled(`event.body.text.matches(${JSON.stringify(pattern).replaceAll('\\\\\\\\', '\\\\')})`).evaluate({
        event: { body: { text: value } },
      });
    expect([evaluate(text), evaluate('0 @')]).toEqual([true, false]);
  });

  it('bounds joins by the text that they make', () => {
    const event = { ...VARIABLES.event, body: { list: Array.from({ length: 20_000 }, () => 'abcd') } };
    expect(() => compiled('event.body.list.join(", ")').evaluate({ ...VARIABLES, event })).toThrow(
      'the text is longer than 65536',
    );
  });
});

describe('the time an expression takes', () => {
  const withList = (length: number) => ({
    ...VARIABLES,
    event: { ...VARIABLES.event, body: { list: Array.from({ length }, () => 'a') } },
  });

  it('is bounded by the size of the data that a loop may have', () => {
    const loop = compiled('event.body.list.exists(x, x == "b")');
    expect(loop.evaluate(withList(4000))).toBe(false);
    expect(() => loop.evaluate(withList(100_000))).toThrow('its data has more than 5000 list elements');
    expect(compiled('size(event.body.list)').evaluate(withList(100_000))).toBe(100_000n);
  });

  it('is bounded by the size of the data where a loop looks at more than its own element', () => {
    const loop = compiled('event.body.list.exists(x, event.ani.contains(x + "b"))');
    expect(loop.evaluate(withList(500))).toBe(false);
    expect(() => loop.evaluate(withList(4000))).toThrow('its data is too large for a loop that looks at more');
  });

  it('is bounded by the text that regular expressions get', () => {
    const evaluate = (source: string, text: string) => () =>
      compiled(source).evaluate({ event: { body: { text, list: [text, text] } } });
    expect(evaluate('event.body.text.matches("(a+)+$")', 'a'.repeat(100_000))()).toBe(true);
    expect(evaluate('event.body.text.matches("(a|b){500}")', 'a'.repeat(100_000))).toThrow('there is too much text for its');
    expect(evaluate('event.body.list.exists(x, x.matches("(b+)+$"))', 'a'.repeat(200_000))).toThrow('there is too much text');
  });

  it('is bounded by the text that other functions get', () => {
    const list = Array.from({ length: 600 }, () => 1);
    const evaluate = (source: string) => () => compiled(source).evaluate({ event: { body: { list, text: 'é'.repeat(20_000) } } });
    expect(evaluate('event.body.list.exists(x, event.body.text.size() == 3)')).toThrow(
      'there is too much text for its functions',
    );
    expect(evaluate('event.body.list.exists(x, event.body.text.trim() == "")')).toThrow('there is too much text');
    expect(evaluate('event.body.list.exists(x, timestamp("2026-07-01T22:30:00Z").getHours("Europe/Berlin") == 0)')()).toBe(true);
  });

  it('is linear in the text that is searched', () => {
    const [text, part] = ['a'.repeat(130_000), `${'a'.repeat(30_000)}b${'a'.repeat(30_000)}`];
    const evaluate = (source: string) => compiled(source).evaluate({ event: { body: { text, part } } });
    expect(evaluate('event.body.text.contains(event.body.part)')).toBe(false);
    expect(evaluate('event.body.text.indexOf(event.body.part)')).toBe(-1n);
    expect(evaluate('event.body.text.lastIndexOf(event.body.part)')).toBe(-1n);
    expect(evaluate('size(event.body.text.split(event.body.part))')).toBe(1n);
    expect(() => evaluate('duration(event.body.text) > duration("1s")')).toThrow('invalid duration');
  });

  it('is bounded by the parts that split() may make', () => {
    const parts = (limit: string) =>
      compiled(`event.body.text.split(","${limit})`).evaluate({ ...VARIABLES, event: { body: { text: 'a,b,c' } } });
    expect([parts(''), parts(', 2'), parts(', 0'), parts(', -1'), parts(', 9')]).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b,c'],
      [],
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
    expect(reasonOf('event.ani.split("")')).toBe('too many parts');
  });
});

describe('faults found when it is compiled', () => {
  it.each<[string, Scope, string[]]>([
    ['event.', 'action', ['6: Expected IDENTIFIER, got EOF']],
    ['event.id = "a"', 'condition', ['9: "=" is no operator; write ==' as unknown as string]],
    ['true and false', 'condition', ['5: "and" is no operator; write &&' as unknown as string]],
    ['', 'action', ['0: the expression is empty']],
    ['a'.repeat(4097), 'action', ['0: the expression is longer than 4096 characters']],
    ['1 == nope', 'action', ['5: unknown variable "nope" (allowed: event, trace, conversation, participant, rule)']],
    [
      'participant.id',
      'target',
      ['0: "participant" is not known while the target is resolved (allowed: event, trace, conversation, rule)'],
    ],
    [
      'conversation.id == ""',
      'condition',
      ['0: "conversation" is not known in a condition (allowed: event); "onlyIf" of the rule can read it'],
    ],
    ['event.id', 'condition', []],
    ['1 + 1', 'condition', ['0: a condition must be a bool, this is of type int']],
    ['"a" + 1', 'action', ['0: no such overload: string + int']],
    ['has(event.nope)', 'condition', [expect.stringMatching(/^4: event has no "nope"/) as unknown as string]],
    ['event.?nope.orValue("")', 'action', [expect.stringMatching(/^0: event has no "nope"/) as unknown as string]],
    ['event["nope"]', 'action', [expect.stringMatching(/^0: event has no "nope"/) as unknown as string]],
    ['rule.nam', 'action', ['0: rule has no "nam" (did you mean "name"?) (allowed: name)']],
    ['event.body.matches(event.id)', 'action', ['0: matches() takes a regular expression that is written out as a string']],
    ['cel.bind(x, "a", x + x)', 'action', ['0: cel.bind is not allowed']],
    ['event.id.bounded_matches("a")', 'action', ['0: there is no method "bounded_matches"']],
    ['bounded_duration("1s")', 'action', ['0: there is no function "bounded_duration"']],
    [
      'event.id.matches("(?=a)")',
      'action',
      [expect.stringMatching(/^17: the regular expression is refused: .*`\(\?=`/) as unknown as string],
    ],
    [
      'event.id.matches("((a{100}){100}){9}")',
      'action',
      [expect.stringMatching(/^17: the regular expression is refused/) as unknown as string],
    ],
    ['duration(1)', 'action', ["0: found no matching overload for 'duration(int)'"]],
    ['event.body.list.exists(event, true)', 'condition', ['23: "event" is taken; give the variable of exists() another name']],
    [
      'event.body.l.exists(a, event.body.l.exists(b, a == b))',
      'condition',
      ['23: exists() inside another loop may only run over a list of "a"'],
    ],
    ['[1, 2].map(a, [1, 2].map(b, a))', 'action', ['14: map() inside another loop may only run over a list of "a"']],
  ])('%s', (source, scope, faults) => {
    expect(faultsOf(source, scope)).toEqual(faults);
  });

  it('finds several at once', () => {
    expect(faultsOf('event.nope + trace.nope + nope')).toHaveLength(3);
  });

  it('limits how large and how deep an expression is', () => {
    expect(faultsOf(`${'('.repeat(100)}1${')'.repeat(100)}`)).toHaveLength(1);
    expect(faultsOf(Array.from({ length: 600 }, () => '1').join('+'))).toHaveLength(1);
  });

  it('are all there is: nothing else is thrown, neither then nor when it is evaluated', () => {
    const token = fc.constantFrom(
      ...[
        'event',
        '.body',
        '.list',
        '.count',
        '.name',
        '.?x',
        '[0]',
        '["constructor"]',
        '.map(x, x)',
        '.exists(x, x == 1)',
        '.matches("a")',
        '.join()',
      ],
      ...[
        ' + ',
        ' == ',
        ' in ',
        ' && ',
        ' ? ',
        ' : ',
        '(',
        ')',
        '[',
        ']',
        '{',
        '}',
        ',',
        '1',
        '1.5',
        '2u',
        '"a"',
        "b'c'",
        'null',
        'true',
        'has(',
        'x',
        '-',
        '!',
      ],
      ...[
        '.map(1, 2)',
        'has(1)',
        '.filter(x)',
        'cel.bind(',
        'int',
        'type(',
        'timestamp(',
        'duration(',
        'optional.of(',
        '.orValue(',
        'size(',
        '/',
        '%',
        '0',
      ],
    );
    fc.assert(
      fc.property(fc.array(token, { minLength: 1, maxLength: 8 }), (tokens) => {
        const result = compileExpression(tokens.join(''), 'action');
        if (!result.ok) {
          for (const { message, offset } of result.faults) expect([message.length > 0, offset >= 0]).toEqual([true, true]);
          return;
        }
        try {
          result.expression.evaluate(VARIABLES);
        } catch (error) {
          expect(error).toBeInstanceOf(ExpressionError);
        }
      }),
      { numRuns: 5000 },
    );
  });
});

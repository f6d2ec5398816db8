import { RenderError } from '../../../src/rules/rule-set.ts';
import { compileTemplate, type Template } from '../../../src/rules/template.ts';
import type { Random } from '../../chaos/random.ts';
import { SAMPLE } from '../sample-context.ts';
import { type FuzzTarget, mustHold } from '../target.ts';

const VARIABLES = { ...SAMPLE, rule: { name: 'fuzz' } };
const OPERANDS = [
  ...[
    'event',
    'event.id',
    'event.userId',
    'event.queueId',
    'event.body',
    'event.body.text',
    'event.body.count',
    'event.body.list',
    'event.none',
  ],
  ...[
    'event.body.attributes',
    'trace.traceId',
    'conversation.participants',
    'participant.id',
    'rule.name',
    'nobody',
    '"text"',
    'r"\\"',
    "'}'",
  ],
  ...[
    '1',
    '-1',
    '1.5',
    '9223372036854775807',
    'null',
    'true',
    '[]',
    '[1, "a"]',
    '{"a": 1}',
    'b"bytes"',
    'x',
    'timestamp("2026-11-20T22:30:00Z")',
  ],
];
const PIECES = [
  ...[
    ' + ',
    ' - ',
    ' * ',
    ' / ',
    ' % ',
    ' == ',
    ' < ',
    ' && ',
    ' || ',
    ' in ',
    ' ? ',
    ' : ',
    '!',
    '-',
    '(',
    ')',
    '[0]',
    '[',
    ']',
    '.',
    ',',
    '{',
    '}',
  ],
  ...[
    '.size()',
    '.contains("a")',
    '.matches("^a+$")',
    '.matches("(a*)*")',
    '.split("")',
    '.join(",")',
    '.map(x, x)',
    '.filter(x, true)',
    '.all(x, x',
  ],
  ...[
    '.?text.orValue("")',
    'string(',
    'int(',
    'double(',
    'has(',
    'duration("1h")',
    '"',
    "'",
    '"""',
    '\\',
    'cel.bind(x, ',
    '\0',
    '\ud800',
    '.substring(1)',
  ],
];
const TEXTS = ['', 'trace ', '$', '$${', '}', '{', '"', '\n', 'é', '\ud800', '${'];
/** Values of the sample that no text of this file holds. */
const VALUES = /item \d|aaaa|own|\d{8}|gold|connected/;
/** Of one expression; a text can hold several. */
const MOST_CHARACTERS = 65_536;

/** Text with `${...}`: it compiles, or says where it does not; rendered, it is a bounded text, null, or a `RenderError`. */
export const templates: FuzzTarget = {
  name: 'templates',
  share: 0.1,
  createTrial(random) {
    const text = Array.from({ length: random.between(1, 3) }, () => `${random.pick(TEXTS)}\${${expression(random)}}`).join('');
    return { holds: () => holds(text), show: () => JSON.stringify(text) };
  },
};

function expression(random: Random): string {
  let source = random.pick(OPERANDS);
  for (let left = random.between(0, 6); left > 0; left -= 1) source += random.pick(random.chance(0.6) ? PIECES : OPERANDS);
  return source;
}

function holds(text: string): boolean {
  const compiled = compileTemplate(text, 'action');
  if (!compiled.ok) {
    mustHold(compiled.faults.length > 0, 'a refusal names a fault');
    for (const { message, offset } of compiled.faults) {
      mustHold(message !== '' && offset >= 0 && offset <= text.length, 'a fault says what is wrong and where');
    }
    return false;
  }
  const rendered = renderOrRefuse(compiled.template);
  mustHold(rendered === null || rendered.length <= 3 * MOST_CHARACTERS + text.length, 'a rendered text is bounded');
  return true;
}

function renderOrRefuse(template: Template): string | null {
  try {
    return template.render('fuzz', VARIABLES);
  } catch (error) {
    if (!(error instanceof RenderError)) throw error;
    const reason = error.message.slice(error.message.indexOf(error.expression) + error.expression.length);
    const [shown] = VALUES.exec(reason) ?? [];
    mustHold(shown === undefined || error.expression.includes(shown), 'a refusal holds no value that was read');
    return null;
  }
}

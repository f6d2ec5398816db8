import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RenderError, type Rule, type RuleSet } from '../../../src/rules/rule-set.ts';
import { matchedNames } from '../../matched-names.ts';
import { parseRules } from '../../read-rules.ts';
import { damageBytes } from '../damage-bytes.ts';
import { SAMPLE } from '../sample-context.ts';
import { type FuzzTarget, mustHold } from '../target.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** One file for each example rule: in a short file a damage more often hits what has a meaning. */
const SEEDS = readFileSync(join(ROOT, 'rules.example.yaml'), 'utf8')
  .split(/(?=^ {2}- name: )/m)
  .slice(1)
  .map((rule) => Buffer.from(`rules:\n${rule.replaceAll(/ *#.*$/gm, '')}`));
const TOKENS = [
  ...[
    '- ',
    ': ',
    '\n',
    '  ',
    '\t',
    '"',
    "'",
    '|',
    '>',
    '&a ',
    '*a',
    '<<: *a',
    '!!binary ',
    '---',
    '{',
    '}',
    '[',
    ']',
    '#',
    '? ',
    '\0',
  ],
  ...[
    '${',
    '}',
    '${event.id}',
    '${event.body.text}',
    '__proto__: 1',
    'constructor',
    '**',
    '*',
    '{id}',
    '.',
    '[[[[[[[[[[[[[[[[[[[[[',
  ],
  ...[
    'event.body.text.matches("(a+)+$")',
    'event.body.text.matches("[^](a+)+b]")',
    'event.body.text.matches("^a*b")',
    '&& ',
    '|| ',
    '!',
    '(((((',
    'event',
    'null',
    '99999999999d',
  ],
  ...['setAttributes', 'transfer', 'applyWrapup', 'queueId', 'if', 'maxAge', 'rules:', '\ud83d\ude00', 'x'.repeat(500)],
];
const FILE = 'fuzz.yaml';
const LOGGER = { warn: () => undefined };

/** Text to rules: it is taken, or every fault names its place; and what is taken can be matched and rendered. */
export const rulesFiles: FuzzTarget = {
  name: 'rules files',
  share: 0.05,
  createTrial(random) {
    const text = damageBytes(random.pick(SEEDS), random, TOKENS, 2).toString('utf8');
    return { holds: () => holds(text), show: () => JSON.stringify(text) };
  },
};

function holds(text: string): boolean {
  const loaded = parseRules(text, FILE, LOGGER);
  if (loaded.ok) return use(loaded.ruleSet);
  mustHold(loaded.faults.length > 0, 'a refusal names a fault');
  for (const fault of loaded.faults) mustHold(/^fuzz\.yaml:\d+:\d+: ./s.test(fault), 'a fault names its place and what is wrong');
  return false;
}

function use(ruleSet: RuleSet): boolean {
  for (const name of matchedNames(ruleSet, SAMPLE.event)) mustHold(ruleSet.rules.has(name), 'a match names a rule');
  for (const rule of ruleSet.rules.values()) renderAll(rule);
  return true;
}

function renderAll(rule: Rule): void {
  renderOrRefuse(() => rule.renderTarget(SAMPLE));
  for (const action of rule.actions) renderOrRefuse(() => action.render(SAMPLE));
}

function renderOrRefuse(render: () => unknown): void {
  try {
    render();
  } catch (error) {
    if (!(error instanceof RenderError)) throw error;
  }
}

import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Conversation } from '../../src/genesys/genesys-client.ts';
import type { RuleSet } from '../../src/rules/rule-set.ts';
import { createOfflineClient } from './offline-client.ts';
import { matchedRules, NOTHING_PLANNED, type PlannedEvent, planEvent } from './plan-event.ts';
import { readEvents } from './read-event.ts';

const named = z.array(z.strictObject({ id: z.string(), name: z.string() }));
const loose = z.record(z.string(), z.unknown());

const caseSchema = z.strictObject({
  name: z.string(),
  event: z.union([z.strictObject({ file: z.string() }), z.strictObject({ topic: z.string(), body: loose.optional() })]),
  conversation: loose.optional(),
  queues: named.optional(),
  wrapupCodes: named.optional(),
  expect: z.strictObject({
    rules: z.array(z.string()).optional(),
    /** Of each action as rendered, the fields that are given. */
    actions: z.array(loose).optional(),
    /** Of each planned outcome, the fields that are given. */
    outcomes: z.array(loose).optional(),
  }),
});

export const testFileSchema = z.strictObject({
  /** The rules file, from where this file is. Default: rules.yaml beside it. */
  rules: z.string().default('rules.yaml'),
  cases: z.array(caseSchema).min(1),
});

export type TestCase = z.output<typeof caseSchema>;

export interface CaseResult {
  readonly name: string;
  /** What is not as expected, one sentence each; empty when all is. */
  readonly problems: readonly string[];
  /** Names of the rules that matched. */
  readonly rules: readonly string[];
}

/** @param now epoch milliseconds that the events happen at */
export async function runCase(test: TestCase, ruleSet: RuleSet, now: number): Promise<CaseResult> {
  const planned = await planAll(test, ruleSet, now);
  const { expect } = test;
  const rules = planned.flatMap((event) => event.rules);
  const needsConversation = (expect.actions ?? expect.outcomes) !== undefined && test.conversation === undefined;
  const problems = [
    ...(needsConversation ? ['"conversation" is needed to expect actions or outcomes'] : []),
    ...differences('rules', expect.rules, rules),
    ...(needsConversation
      ? []
      : differences(
          'actions',
          expect.actions,
          planned.flatMap(({ actions }) => actions),
        )),
    ...(needsConversation ? [] : differences('outcomes', expect.outcomes, planned.flatMap(outcomesOf))),
  ];
  return { name: test.name, problems, rules };
}

async function planAll(test: TestCase, ruleSet: RuleSet, now: number): Promise<readonly PlannedEvent[]> {
  const planned: PlannedEvent[] = [];
  for (const event of readEvents(test.event, now)) {
    if (test.conversation === undefined) planned.push({ rules: matchedRules(ruleSet, event), ...NOTHING_PLANNED });
    else {
      const conversation = { id: event.conversationId, ...test.conversation } as unknown as Conversation;
      const client = createOfflineClient({ ...test, conversation }, now);
      planned.push(await planEvent(event, { ruleSet, client, now }));
    }
  }
  return planned;
}

/** As a reader thinks of them: what would have been is the outcome. */
function outcomesOf({ outcomes }: PlannedEvent): object[] {
  return outcomes.map(({ detail, ...rest }) => {
    const [, would = 'waiting', why = detail] = /^would have been ([a-z-]+): (.*)$/s.exec(detail) ?? [];
    return { ...rest, kind: undefined, outcome: would, detail: why };
  });
}

function differences(what: string, expected: readonly unknown[] | undefined, found: readonly unknown[]): string[] {
  if (expected === undefined) return [];
  const holds = expected.length === found.length && expected.every((value, index) => includes(found[index], value));
  return holds ? [] : [`${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`];
}

/** Whether `found` has everything that `expected` says; members that it does not name may be anything. */
function includes(found: unknown, expected: unknown): boolean {
  if (typeof expected !== 'object' || expected === null || Array.isArray(expected)) return isDeepStrictEqual(found, expected);
  if (typeof found !== 'object' || found === null) return false;
  return Object.entries(expected).every(([key, value]) => includes((found as Record<string, unknown>)[key], value));
}

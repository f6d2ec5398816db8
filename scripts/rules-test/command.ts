/** `npm run rules:test`: plays events against the rules, offline, and checks or explains what would be done. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';
import { ACTIONS } from '../../src/actions/registry.ts';
import { loadConfig } from '../../src/config/environment.ts';
import { createRulesReader } from '../../src/config/load-rules.ts';
import type { Conversation, GenesysClient } from '../../src/genesys/genesys-client.ts';
import type { RuleSet } from '../../src/rules/rule-set.ts';
import { describeIssue } from '../../src/rules/schema-faults.ts';
import { type Conditions, explainPlan, explainRules, permissionsFor, raisedWhen } from './explain-rules.ts';
import { toJUnit } from './junit.ts';
import { createOfflineClient } from './offline-client.ts';
import { matchedRules, planEvent } from './plan-event.ts';
import { type EventSource, readEvents } from './read-event.ts';
import { type CaseResult, runCase, testFileSchema } from './test-cases.ts';

const USAGE = `npm run rules:test -- [FILE...]              runs the cases of the files (default: rules.test.yaml)
npm run rules:test -- --event WHAT           explains what the rules do with an event: a saved payload, or a topic such as
                                             customer.start, whose sample is taken
    --rules FILE                             the rules (default: RULES_FILE or ./rules.yaml)
    --conversation FILE                      the conversation as JSON; without it nothing is planned
    --live CONVERSATION                      the conversation is fetched from Genesys Cloud; nothing is written
    --junit FILE                             writes the results as JUnit's XML
    --coverage                               fails when a rule is matched by no case`;

const OPTIONS = {
  event: { type: 'string' },
  rules: { type: 'string' },
  conversation: { type: 'string' },
  live: { type: 'string' },
  junit: { type: 'string' },
  coverage: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

class Mistake extends Error {}

const reader = createRulesReader(ACTIONS);

function loadRuleSet(path: string): RuleSet {
  const loaded = reader.load(path, { warn: () => {} });
  if (!loaded.ok) throw new Mistake(loaded.faults.join('\n'));
  for (const warning of loaded.warnings) console.error(`warning: ${warning}`);
  return loaded.ruleSet;
}

async function runFiles(files: readonly string[], options: { junit?: string | undefined; coverage?: boolean | undefined }) {
  const results: CaseResult[] = [];
  for (const file of files) results.push(...(await runFile(file, options.coverage === true)));
  const failed = results.filter(({ problems }) => problems.length > 0).length;
  console.log(`${results.length - failed} passed, ${failed} failed`);
  if (options.junit !== undefined) writeFileSync(options.junit, toJUnit(files.join(', '), results));
  if (failed > 0) process.exitCode = 1;
}

async function runFile(file: string, needsCoverage: boolean): Promise<readonly CaseResult[]> {
  if (!existsSync(file)) throw new Mistake(`there is no file ${file}`);
  const parsed = testFileSchema.safeParse(parse(readFileSync(file, 'utf8')), { error: describeIssue });
  if (!parsed.success) throw new Mistake(`${file}:\n${z.prettifyError(parsed.error)}`);
  const ruleSet = loadRuleSet(join(dirname(file), parsed.data.rules));
  const now = Date.now();
  const results: CaseResult[] = [];
  for (const test of parsed.data.cases) {
    const event = 'file' in test.event ? { file: join(dirname(file), test.event.file) } : test.event;
    const result = await runCase({ ...test, event }, ruleSet, now);
    results.push(result);
    console.log(`${result.problems.length === 0 ? 'ok  ' : 'FAIL'}  ${test.name}`);
    for (const problem of result.problems) console.log(`      ${problem}`);
    if (result.problems.length > 0) explainSource(event, ruleSet, join(dirname(file), parsed.data.rules), now);
  }
  reportCoverage(ruleSet, results, needsCoverage);
  return results;
}

function reportCoverage({ rules }: RuleSet, results: readonly CaseResult[], isNeeded: boolean): void {
  const matched = new Set(results.flatMap((result) => result.rules));
  const missing = [...rules.keys()].filter((name) => !matched.has(name));
  const rest = missing.length === 0 ? '' : `; no case matches ${missing.join(', ')}`;
  console.log(`rules matched by a case: ${rules.size - missing.length} of ${rules.size}${rest}`);
  if (isNeeded && missing.length > 0) process.exitCode = 1;
}

function conditionsOf(path: string): Conditions {
  const { rules } = parse(readFileSync(path, 'utf8')) as { rules: { name: string; when: { if?: string }; onlyIf?: string }[] };
  return new Map(rules.map(({ name, when, onlyIf }) => [name, { when: when.if ?? null, onlyIf: onlyIf ?? null }]));
}

function explainSource(source: EventSource, ruleSet: RuleSet, path: string, now: number): void {
  const conditions = conditionsOf(path);
  for (const event of readEvents(source, now)) {
    for (const line of explainRules(ruleSet, conditions, event)) console.log(`      ${line}`);
  }
}

interface ExplainOptions {
  readonly event: string;
  readonly rules?: string | undefined;
  readonly conversation?: string | undefined;
  readonly live?: string | undefined;
}

async function explain({ event: what, rules, conversation, live }: ExplainOptions): Promise<void> {
  const path = rules ?? loadConfig().rulesFile;
  const ruleSet = loadRuleSet(path);
  const source = existsSync(what) ? { file: what } : { topic: what };
  const now = Date.now();
  const conditions = conditionsOf(path);
  for (const read of readEvents(source, now)) {
    const event = live === undefined ? read : { ...read, conversationId: live };
    const planned = await withClient({ conversation, live }, now, (client) => planEvent(event, { ruleSet, client, now }));
    const raised = raisedWhen(event);
    const permissions = permissionsFor(ruleSet, matchedRules(ruleSet, event));
    const lines = [
      ...(raised === null ? [] : [`raised: ${raised}`]),
      ...explainRules(ruleSet, conditions, event),
      ...(planned === null ? [] : explainPlan(planned, conditions)),
      ...(permissions === null ? [] : [`permissions: ${permissions}`]),
    ];
    console.log(`${event.topic} of conversation ${event.conversationId}`);
    for (const line of lines) console.log(`  ${line}`);
  }
}

/** `null`: no conversation is given, so nothing can be planned. */
async function withClient<T>(
  { conversation, live }: Pick<ExplainOptions, 'conversation' | 'live'>,
  now: number,
  use: (client: GenesysClient) => Promise<T>,
): Promise<T | null> {
  if (live === undefined) {
    if (conversation === undefined) return null;
    return use(createOfflineClient({ conversation: JSON.parse(readFileSync(conversation, 'utf8')) as Conversation }, now));
  }
  // Loaded only here: what it needs would take most of the time of an offline run.
  const { useLiveClient } = await import('./live-client.ts');
  return useLiveClient(use);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  if (values.help === true) return console.log(USAGE);
  if (values.event !== undefined) return explain({ ...values, event: values.event });
  if (values.live !== undefined) throw new Mistake('--live needs --event');
  await runFiles(positionals.length > 0 ? positionals : ['rules.test.yaml'], values);
}

/** An option that does not exist, or has no value. */
function isUsage(error: unknown): boolean {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  if (isUsage(error)) console.error(`\n${USAGE}`);
  process.exitCode = 1;
});

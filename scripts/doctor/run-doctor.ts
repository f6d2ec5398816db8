import { ACTIONS } from '../../src/actions/registry.ts';
import { formatConfigFault, loadConfig } from '../../src/config/environment.ts';
import { createRulesReader } from '../../src/config/load-rules.ts';
import { checkGenesys } from './check-genesys.ts';
import { checkRedis } from './check-redis.ts';
import { type Finding, ok, wrong } from './finding.ts';
import { type RuleNeeds, readRuleNeeds } from './rule-needs.ts';

const NO_NEEDS: RuleNeeds = { topics: [], actions: new Set(), queues: [], codes: [] };

/** Looks at everything that can be known before the first event. Changes nothing. */
export async function runDoctor(env: Readonly<Record<string, string | undefined>>): Promise<readonly Finding[]> {
  const loaded = loadConfig(env);
  const read = createRulesReader(ACTIONS).load(loaded.rulesFile, { warn: () => {} });
  const rules = read.ok
    ? [ok('rules', `${read.ruleSet.rules.size} in ${loaded.rulesFile}`)]
    : read.faults.map((fault) => wrong('rules', fault, 'correct the file'));
  if (!loaded.ok) {
    const settings = loaded.faults.map((fault) =>
      wrong('settings', formatConfigFault(fault), 'npm run config:print shows what is in force'),
    );
    return [...settings, ...rules];
  }
  const { config } = loaded;
  const needs = read.ok ? readRuleNeeds(config.rulesFile) : NO_NEEDS;
  const genesys = config.genesys === null ? [] : await checkGenesys({ config, genesys: config.genesys, needs });
  return [ok('settings', `role ${config.role}`), ...rules, ...(await checkRedis(config)), ...genesys];
}

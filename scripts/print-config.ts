import { ACTIONS } from '../src/actions/registry.ts';
import { formatConfigFault, loadConfig, resolveVariables } from '../src/config/environment.ts';
import { createRulesReader } from '../src/config/load-rules.ts';

/** `npm run config:print`: the resolved configuration, masked, also when it is invalid; then the faults and exit code 1. */
const variables = resolveVariables();
const width = Math.max(...variables.map(({ name }) => name.length));
for (const { name, shown, source } of variables) {
  console.log(`${name.padEnd(width)}  ${shown ?? '-'}${source === 'environment' ? '' : `  (${source})`}`);
}

const loaded = loadConfig();
const rules = createRulesReader(ACTIONS).load(loaded.rulesFile, { warn: () => {} });
for (const warning of [...loaded.warnings, ...(rules.ok ? rules.warnings : [])]) console.error(`warning: ${warning}`);
const faults = [...(loaded.ok ? [] : loaded.faults.map(formatConfigFault)), ...(rules.ok ? [] : rules.faults)];
for (const fault of faults) console.error(`fault: ${fault}`);
if (rules.ok) console.log(`${'rules'.padEnd(width)}  ${[...rules.ruleSet.rules.keys()].join(', ') || 'none'}`);
if (faults.length > 0) process.exitCode = 1;

/** `npm run topics`: the topics of Genesys that the rules need. */
import { parseArgs } from 'node:util';
import { ACTIONS } from '../src/actions/registry.ts';
import { loadConfig } from '../src/config/environment.ts';
import { createRulesReader } from '../src/config/load-rules.ts';
import { readRuleNeeds } from './doctor/rule-needs.ts';
import { neededTopics, toEventPattern, toTerraform } from './needed-topics.ts';

const USAGE = `npm run topics                    one a line
npm run topics -- --terraform     as the variable "topics" of deploy/terraform/genesys
npm run topics -- --eventbridge   as the event pattern of an EventBridge rule

Reads the rules that RULES_FILE names. What it can't tell is written to the standard error.`;

try {
  const { values } = parseArgs({
    options: {
      terraform: { type: 'boolean', default: false },
      eventbridge: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) console.log(USAGE);
  else print(values);
} catch (error) {
  console.error(`topics: ${(error as Error).message}\n\n${USAGE}`);
  process.exitCode = 2;
}

function print({ terraform, eventbridge }: { readonly terraform: boolean; readonly eventbridge: boolean }): void {
  const { rulesFile } = loadConfig();
  const rules = createRulesReader(ACTIONS).load(rulesFile, { warn: () => {} });
  if (!rules.ok) {
    console.error(rules.faults.join('\n'));
    process.exitCode = 1;
    return;
  }
  const { topics, unknown } = neededTopics(readRuleNeeds(rulesFile).topics.flatMap(({ patterns }) => patterns));
  for (const pattern of unknown)
    console.error(`${pattern}: no topic of Genesys that is known; if it is a relay's own, nothing is to be done`);
  if (terraform) console.log(toTerraform(topics));
  else if (eventbridge) console.log(toEventPattern(topics));
  else if (topics.length > 0) console.log(topics.join('\n'));
}

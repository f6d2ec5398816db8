import { ACTIONS } from '../src/actions/registry.ts';
import { createRulesReader } from '../src/config/load-rules.ts';

/** Reads rules files as the service does, with its kinds of action. */
export const { load: loadRules, parse: parseRules } = createRulesReader(ACTIONS);

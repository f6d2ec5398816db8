import type { RuleLogger } from '../rules/rule-matcher.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import type { RulesReader } from './load-rules.ts';
import { compareRules, digestOfAll } from './rules-digest.ts';

export interface RulesLogger extends RuleLogger {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** The rules in force, which a reload replaces as a whole. */
export interface RulesHolder {
  /** Read it again for each event; do not keep it. */
  readonly current: RuleSet;
  /** Of the rules in force; processes with the same rules have the same. */
  readonly digest: string;
  /** Reads the file again. A file with a problem changes nothing: each problem is logged, and `false` is returned. */
  reload(): boolean;
}

export type OpenedRules =
  | { readonly ok: true; readonly holder: RulesHolder }
  | { readonly ok: false; readonly faults: readonly string[] };

/** Loads the rules file for the first time; a problem stops the start. Warnings are logged then and at each reload. */
export function createRulesHolder(path: string, reader: Pick<RulesReader, 'load'>, logger: RulesLogger): OpenedRules {
  const first = reader.load(path, logger);
  if (!first.ok) return first;
  const warn = (warnings: readonly string[]) => {
    for (const warning of warnings) logger.warn({ file: path, warning }, 'rules file');
  };
  warn(first.warnings);
  let current = first;
  const reload = () => {
    const loaded = reader.load(path, logger);
    if (!loaded.ok) {
      for (const fault of loaded.faults) logger.error({ file: path, fault }, 'rules file refused');
      logger.error({ file: path, rules: current.ruleSet.rules.size }, 'the rules loaded before stay in force');
      return false;
    }
    warn(loaded.warnings);
    const changes = compareRules(current.digests, loaded.digests);
    current = loaded;
    const digest = digestOfAll(current.digests);
    logger.info({ file: path, rules: current.ruleSet.rules.size, digest, ...changes }, 'rules reloaded');
    return true;
  };
  return {
    ok: true,
    holder: {
      get current() {
        return current.ruleSet;
      },
      get digest() {
        return digestOfAll(current.digests);
      },
      reload,
    },
  };
}

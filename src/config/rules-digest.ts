import { hash } from 'node:crypto';

/** A short text for each rule by name; it changes when the rule changes. */
export type RuleDigests = ReadonlyMap<string, string>;

/** Long enough that two rules files of one fleet never share a digest. */
const LENGTH = 12;

/** @param rules as they are written */
export function digestRules(rules: readonly { readonly name: string }[]): RuleDigests {
  return new Map(rules.map((rule) => [rule.name, digest(rule)]));
}

/** Digest of all rules in their order. Processes with the same digest have the same rules. */
export function digestOfAll(digests: RuleDigests): string {
  return digest([...digests]);
}

export interface RuleChanges {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

export function compareRules(before: RuleDigests, after: RuleDigests): RuleChanges {
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    changed: [...after].filter(([name, now]) => before.has(name) && before.get(name) !== now).map(([name]) => name),
    removed: [...before.keys()].filter((name) => !after.has(name)),
  };
}

function digest(value: unknown): string {
  return hash('sha256', JSON.stringify(value), 'hex').slice(0, LENGTH);
}

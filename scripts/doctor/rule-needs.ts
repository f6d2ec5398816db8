import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { isObject } from '../../src/domain/json-object.ts';

/** A value that a rule has written out, and the rule. What is an expression is known only when an event comes. */
export interface Written {
  readonly rule: string;
  readonly value: string;
}

/** What a rules file needs of Genesys. */
export interface RuleNeeds {
  /** The topics of each rule, as they are written. */
  readonly topics: readonly { readonly rule: string; readonly patterns: readonly string[] }[];
  /** Types of actions. */
  readonly actions: ReadonlySet<string>;
  readonly queues: readonly Written[];
  /** Ids or names of wrap-up codes. */
  readonly codes: readonly Written[];
}

/** Reads a rules file that the loader has taken. @throws Error when it can't be read */
export function readRuleNeeds(path: string): RuleNeeds {
  const file: unknown = parse(readFileSync(path, 'utf8'));
  const rules = isObject(file) && Array.isArray(file.rules) ? file.rules.filter(isObject) : [];
  const actions = rules.flatMap(({ name, actions: list }) =>
    (Array.isArray(list) ? list : [])
      .filter(isObject)
      .flatMap((each) => Object.entries(each).map(([type, fields]) => ({ rule: String(name), type, fields }))),
  );
  const written = (wanted: string, field: string): Written[] =>
    actions.flatMap(({ rule, type, fields }) => {
      const value = type === wanted && isObject(fields) ? fields[field] : undefined;
      return typeof value === 'string' && !value.includes('${') ? [{ rule, value }] : [];
    });
  return {
    topics: rules.map(({ name, when }) => ({ rule: String(name), patterns: topicsOf(when) })),
    actions: new Set(actions.map(({ type }) => type)),
    queues: written('transfer', 'queueId'),
    codes: [...written('applyWrapup', 'code'), ...written('transfer', 'wrapupCode')],
  };
}

function topicsOf(when: unknown): string[] {
  const topic = isObject(when) ? when.topic : undefined;
  return (Array.isArray(topic) ? topic : [topic]).filter((each): each is string => typeof each === 'string');
}

import {
  type CataloguedTopic,
  DIRECTIONS,
  KNOWN_MEDIA_TYPES,
  KNOWN_PURPOSES,
  type OptionalField,
  TOPIC_CATALOGUE,
} from '../domain/topic-catalogue.ts';
import { usesOfEvent } from './expression-uses.ts';
import { didYouMean } from './nearest-name.ts';
import type { LocatedIssue } from './schema-faults.ts';
import { parseTemplate } from './template.ts';
import { compileTopicPattern, findTopicPatternFault } from './topic-pattern.ts';

type Path = readonly (string | number)[];

/** A text of a rule and its position; `isCondition`: the whole text is CEL. */
interface RuleText {
  readonly path: Path;
  readonly atKey: boolean;
  readonly text: string;
  readonly isCondition: boolean;
}

const TOPICS = TOPIC_CATALOGUE.map(({ topic }) => topic);
/** The fields of Genesys's model of a participant that rules are likely to read. */
const PARTICIPANT_FIELDS: readonly string[] = [
  ...[
    'id',
    'name',
    'purpose',
    'userId',
    'queueId',
    'queueName',
    'groupId',
    'teamId',
    'externalContactId',
    'address',
    'ani',
    'aniName',
  ],
  ...['dnis', 'locale', 'startTime', 'connectedTime', 'endTime', 'attributes', 'wrapup', 'wrapupRequired', 'wrapupPrompt'],
  ...['calls', 'callbacks', 'chats', 'emails', 'messages', 'videos', 'startAcwTime', 'endAcwTime', 'mediaRoles'],
];
const OPTIONAL_FIELDS = new Set<string>(TOPIC_CATALOGUE.flatMap(({ fields }) => fields));
const KNOWN_TEXTS: Readonly<Record<string, readonly string[]>> = { mediaType: KNOWN_MEDIA_TYPES, direction: DIRECTIONS };

/**
 * Finds content of a rules file that the schema allows but that is most likely a mistake: topics, purposes, media types and
 * directions that Genesys is not known to use, and fields of `event` that the topics of the rule never fill.
 */
export function findRuleWarnings(file: unknown): LocatedIssue[] {
  return listOf(memberOf(file, 'rules')).flatMap((rule, index) => warningsOfRule(rule, ['rules', index]));
}

function warningsOfRule(rule: unknown, path: Path): LocatedIssue[] {
  const patterns = patternsOf(rule, path);
  const topics = patterns.map((pattern) => topicsOf(pattern.text));
  const unknown = patterns.filter((_, index) => topics[index]?.length === 0);
  const purpose = memberOf(memberOf(rule, 'target'), 'purpose');
  const texts = textsOf(rule, path);
  return [
    ...patterns.flatMap(({ path, text }) => warningsOfShortTopic(text, path)),
    ...unknown.filter(({ text }) => isGenesysPattern(text)).map(({ path, text }) => warning(path, unknownTopic(text))),
    ...(typeof purpose === 'string' ? warningsOfPurpose(purpose, [...path, 'target', 'purpose']) : []),
    ...texts.flatMap((text) => [...warningsOfComparisons(text), ...warningsOfParticipant(text)]),
    // A topic that is not in the catalogue may fill any field.
    ...(unknown.length > 0 ? [] : texts.flatMap((text) => warningsOfFields(text, topics.flat()))),
  ];
}

function warning(path: Path, message: string, { offset = 0, atKey = false } = {}): LocatedIssue {
  return { path, atKey, offset, message };
}

function patternsOf(rule: unknown, path: Path): { readonly path: Path; readonly text: string }[] {
  const topic = memberOf(memberOf(rule, 'when'), 'topic');
  const base = [...path, 'when', 'topic'];
  const written = Array.isArray(topic)
    ? topic.map((text: unknown, index) => ({ path: [...base, index], text }))
    : [{ path: base, text: topic }];
  return written.flatMap(({ path, text }) =>
    typeof text === 'string' && findTopicPatternFault(text) === null ? [{ path, text }] : [],
  );
}

/** The topics of the catalogue that a pattern can match: a wildcard may also stand for the `{id}` of a topic. */
function topicsOf(pattern: string): CataloguedTopic[] {
  const { matches } = compileTopicPattern(pattern);
  return TOPIC_CATALOGUE.filter(({ topic }) => matches(topic));
}

/** `customer.start`, as people call a topic. */
function warningsOfShortTopic(pattern: string, path: Path): LocatedIssue[] {
  if (!LAST_SEGMENTS.includes(pattern)) return [];
  const [full = ''] = TOPICS.filter((topic) => topic.endsWith(`.${pattern}`));
  return [warning(path, `"${pattern}" is no whole topic (did you mean "${full.replaceAll('{id}', '*')}"?)`)];
}

/** A relay's own topics are not Genesys's, and can't be checked. */
function isGenesysPattern(pattern: string): boolean {
  return /^(v2|hookpatch|\*\*?)\./.test(pattern);
}

function unknownTopic(pattern: string): string {
  const written = pattern.replaceAll('*', '{id}');
  const hint = didYouMean(written, TOPICS) || didYouMean(lastSegments(pattern), LAST_SEGMENTS);
  return `no topic that Genesys or hookpatch is known to raise for conversations matches "${pattern}"${hint}; docs/events.md lists them`;
}

const LAST_SEGMENTS = TOPICS.map(lastSegments);

function lastSegments(topic: string): string {
  return topic
    .split('.')
    .slice(-2)
    .filter((segment) => !/[*{]/.test(segment))
    .join('.');
}

function warningsOfPurpose(purpose: string, path: Path): LocatedIssue[] {
  if (purpose.includes('${') || KNOWN_PURPOSES.includes(purpose)) return [];
  const hint = didYouMean(purpose, KNOWN_PURPOSES);
  return [
    warning(path, `"${purpose}" is no purpose that participants are known to have${hint} (known: ${KNOWN_PURPOSES.join(', ')})`),
  ];
}

function warningsOfComparisons(text: RuleText): LocatedIssue[] {
  return expressionsOf(text).flatMap(({ source, offset }) =>
    usesOfEvent(source).comparisons.flatMap((comparison) => {
      const known = KNOWN_TEXTS[comparison.field];
      if (known === undefined || known.includes(comparison.text)) return [];
      const upper = comparison.text.toUpperCase();
      const hint = known.includes(upper) ? ` (did you mean "${upper}"?)` : didYouMean(comparison.text, known);
      const message = `event.${comparison.field} is never known to be "${comparison.text}"${hint} (known: ${known.join(', ')})`;
      return [warning(text.path, message, { offset: offset + comparison.offset, atKey: text.atKey })];
    }),
  );
}

/** Genesys may add fields to participants; only what looks like a misspelled one is reported. */
function warningsOfParticipant(text: RuleText): LocatedIssue[] {
  return expressionsOf(text).flatMap(({ source, offset }) =>
    usesOfEvent(source).participantFields.flatMap((use) => {
      const hint = PARTICIPANT_FIELDS.includes(use.field) ? '' : didYouMean(use.field, PARTICIPANT_FIELDS);
      if (hint === '') return [];
      const message = `participants are not known to have "${use.field}"${hint}`;
      return [warning(text.path, message, { offset: offset + use.offset, atKey: text.atKey })];
    }),
  );
}

function warningsOfFields(text: RuleText, topics: readonly CataloguedTopic[]): LocatedIssue[] {
  const filled = new Set<string>(topics.flatMap(({ fields }) => fields));
  return expressionsOf(text).flatMap(({ source, offset }) =>
    usesOfEvent(source).fields.flatMap((use) => {
      if (!OPTIONAL_FIELDS.has(use.field) || filled.has(use.field)) return [];
      const message = `event.${use.field} is always null for the topics of this rule${topicsWith(use.field)}`;
      return [warning(text.path, message, { offset: offset + use.offset, atKey: text.atKey })];
    }),
  );
}

/** Names the topics that would fill the field. */
function topicsWith(field: string): string {
  const names = TOPIC_CATALOGUE.filter(({ fields }) => fields.includes(field as OptionalField)).map(({ topic }) =>
    lastSegments(topic),
  );
  return ` (it is filled by ${[...new Set(names)].slice(0, 6).join(', ')}; see docs/events.md)`;
}

function expressionsOf({ text, isCondition }: RuleText): { readonly source: string; readonly offset: number }[] {
  if (isCondition) return [{ source: text, offset: 0 }];
  const parsed = parseTemplate(text);
  return parsed.ok ? parsed.parts.flatMap((part) => (part.kind === 'expression' ? [part] : [])) : [];
}

function textsOf(rule: unknown, path: Path): RuleText[] {
  const conditions: readonly Path[] = [['when', 'if'], ['onlyIf']];
  const written = conditions.flatMap((below): RuleText[] => {
    const text = below.reduce(memberOf, rule);
    return typeof text === 'string' ? [{ path: [...path, ...below], atKey: false, text, isCondition: true }] : [];
  });
  return [...written, ...['target', 'actions'].flatMap((name) => templatesIn(memberOf(rule, name), [...path, name]))];
}

function templatesIn(value: unknown, path: Path): RuleText[] {
  if (typeof value === 'string') return [{ path, atKey: false, text: value, isCondition: false }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const innerPath = [...path, Array.isArray(value) ? Number(key) : key];
    return [{ path: innerPath, atKey: true, text: key, isCondition: false }, ...templatesIn(inner, innerPath)];
  });
}

function memberOf(value: unknown, name: string | number): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[name] : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

import { readFileSync } from 'node:fs';
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument, visit, type YAMLMap } from 'yaml';
import type { ActionSyntaxes } from '../rules/action-syntax.ts';
import { compileRules } from '../rules/compile-rules.ts';
import type { RuleLogger } from '../rules/rule-matcher.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import { findRuleWarnings } from '../rules/rule-warnings.ts';
import { describeYamlIssue, findPrototypeKeys, type LocatedIssue, locateIssues } from '../rules/schema-faults.ts';
import { digestRules, type RuleDigests } from './rules-digest.ts';
import { createRulesFileSchema } from './rules-schema.ts';

/**
 * `faults` and `warnings` are one line each: `file:line:column: what is wrong (allowed: ...)`. A warning is about something that
 * is allowed but most likely a mistake.
 */
export type LoadedRules =
  | { readonly ok: true; readonly ruleSet: RuleSet; readonly digests: RuleDigests; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly faults: readonly string[] };

/** In place of a path: the service has no rules, because it only takes commands. */
const NO_RULES_FILE = 'none';
const MAX_FILE_BYTES = 1_048_576;
/** How often aliases may repeat their content; more is treated as an attack on memory. */
const MAX_ALIAS_COUNT = 100;

/** Reads, checks and compiles rules files, and reports every problem of a file at once. */
export interface RulesReader {
  /** @param path or `none`, which has no rules */
  load(path: string, logger: RuleLogger): LoadedRules;
  /** @param file names the text in the reported problems */
  parse(text: string, file: string, logger: RuleLogger): LoadedRules;
}

/** @param syntaxes the kinds of action that rules may have */
export function createRulesReader(syntaxes: ActionSyntaxes): RulesReader {
  const schema = createRulesFileSchema(syntaxes);
  const asWritten = new Set<string>(
    Object.values(syntaxes).flatMap(({ type, scalarsAsWritten }) => (scalarsAsWritten ? type : [])),
  );
  const parse: RulesReader['parse'] = (text, file, logger) => parseRules({ text, file, logger, schema, asWritten });
  const load: RulesReader['load'] = (path, logger) =>
    path === NO_RULES_FILE ? parse('rules: []', path, logger) : loadRules(path, (text) => parse(text, path, logger));
  return { load, parse };
}

function loadRules(path: string, parse: (text: string) => LoadedRules): LoadedRules {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    const hint = code === 'ENOENT' ? '; rules.example.yaml of the repository is one to copy' : '';
    return { ok: false, faults: [`${path}: cannot be read (${code}); RULES_FILE names the rules file, or is none${hint}`] };
  }
  if (bytes.length > MAX_FILE_BYTES) return { ok: false, faults: [`${path}: is larger than ${MAX_FILE_BYTES} bytes`] };
  try {
    return parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof TypeError) return { ok: false, faults: [`${path}: is not UTF-8 text`] };
    throw error;
  }
}

interface Parsing {
  readonly text: string;
  readonly file: string;
  readonly logger: RuleLogger;
  readonly schema: ReturnType<typeof createRulesFileSchema>;
  readonly asWritten: ReadonlySet<string>;
}

function parseRules({ text, file, logger, schema, asWritten }: Parsing): LoadedRules {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  const linesOf = (faults: readonly Fault[]) =>
    faults.toSorted((a, b) => a.offset - b.offset).map(({ offset, message }) => `${at(offset)}: ${message}`);
  const fail = (faults: readonly Fault[]): LoadedRules => ({ ok: false, faults: linesOf(faults) });
  const syntax = [...document.errors, ...document.warnings];
  const exhausted = syntax.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
  if (exhausted) return fail([{ offset: exhausted.pos[0], message: 'it is nested too deeply' }]);
  if (syntax.length > 0) return fail(describeSyntax(syntax, text));
  const nodes = [...findStrangeKeys(document), ...findUnknownAliases(document)];
  if (nodes.length > 0) return fail(nodes);
  keepAsWritten(document, asWritten);
  const plain = toPlain(document);
  if (!plain.ok) return fail([{ offset: 0, message: plain.fault }]);
  const parsed = schema.safeParse(plain.value, { error: describeYamlIssue });
  const issues = [
    ...(parsed.success ? [] : locateIssues(parsed.error.issues)),
    ...findPrototypeKeys(plain.value),
    ...findRepeatedNames(plain.value),
  ];
  if (!parsed.success || issues.length > 0) return fail(issues.map((issue) => toFault(issue, document, text)));
  // A value that passed the schema is a map with these rules.
  const { rules } = plain.value as { readonly rules: readonly { readonly name: string }[] };
  const warnings = linesOf(findRuleWarnings(plain.value).map((issue) => toFault(issue, document, text)));
  return { ok: true, ruleSet: compileRules(parsed.data.rules, logger), digests: digestRules(rules), warnings };
}

type Document = ReturnType<typeof parseDocument>;

interface Fault {
  readonly offset: number;
  readonly message: string;
}

type SyntaxFault = Document['errors' | 'warnings'][number];

/** YAML's words for what people do most often, in words that report what to do. */
function describeSyntax(syntax: readonly SyntaxFault[], text: string): Fault[] {
  // Everything after an unquoted "${" is read in another way than it was meant.
  const unquoted = syntax.map(({ pos }) => pos[0] - 1).find((offset) => text.startsWith('${', offset));
  if (unquoted !== undefined) {
    const [written = ''] = /^\$\{[^}\n]*\}?/.exec(text.slice(unquoted)) ?? [];
    return [{ offset: unquoted, message: `inside of { } and [ ] a text with "\${" must be quoted: "${written}"` }];
  }
  return syntax.map(({ code, pos, message }) => ({ offset: pos[0], message: plainSyntax(code, message) }));
}

function plainSyntax(code: SyntaxFault['code'], message: string): string {
  const [, closing] = / end with an? ([\]}])/.exec(message) ?? [];
  if (closing !== undefined) return `a "${closing}" is missing, or what it closes is not indented enough`;
  if (code === 'TAB_AS_INDENT') return 'tabs are not allowed as indentation; use spaces';
  if (code === 'DUPLICATE_KEY') return 'this key is there twice; remove one of them';
  if (code === 'BLOCK_IN_FLOW' || code === 'BAD_SCALAR_START')
    return `${message}; quote a text that holds ": " or begins with a sign`;
  return message;
}

/** A text that begins with "*" is an alias in YAML. */
function findUnknownAliases(document: Document): Fault[] {
  const faults: Fault[] = [];
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return;
      const written = `*${alias.source}`;
      const message = `"${written}" begins with "*" and so is an alias in YAML, which is not defined; quote it: "${written}"`;
      faults.push({ offset: alias.range?.[0] ?? 0, message });
    },
  });
  return faults;
}

/** YAML allows any value as a key; as a property name the value would be converted to an invented text. */
function findStrangeKeys(document: Document): Fault[] {
  const faults: Fault[] = [];
  visit(document, {
    Pair(_key, { key }) {
      if (!isNode(key)) return;
      // The value of a scalar is an object if it has a tag such as !!binary.
      const isPlain = isScalar(key) && (typeof key.value !== 'object' || key.value === null);
      if (!isPlain) faults.push({ offset: key.range?.[0] ?? 0, message: 'a key must be plain text' });
    },
  });
  return faults;
}

/** `customerId: 00123` and `price: 1.50` mean the text as written; as numbers they would become 123 and 1.5. */
function keepAsWritten(document: Document, actions: ReadonlySet<string>): void {
  visit(document, {
    Pair(_key, { key, value }) {
      if (!isScalar(key) || !actions.has(String(key.value)) || !isMap(value)) return;
      for (const { value: scalar } of value.items) {
        if (!isScalar(scalar) || scalar.source === undefined) continue;
        if (typeof scalar.value === 'number' || typeof scalar.value === 'boolean') scalar.value = scalar.source;
      }
    },
  });
}

function toPlain(
  document: Document,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly fault: string } {
  try {
    return { ok: true, value: document.toJS({ maxAliasCount: MAX_ALIAS_COUNT }) ?? {} };
  } catch (error) {
    return { ok: false, fault: error instanceof Error ? error.message : 'it cannot be read' };
  }
}

/** Checks the text as written, so that its problems are found in addition to others. */
function findRepeatedNames(value: unknown): LocatedIssue[] {
  const rules = typeof value === 'object' && value !== null && 'rules' in value && Array.isArray(value.rules) ? value.rules : [];
  const seen = new Set<unknown>();
  return rules.flatMap((rule: unknown, index): LocatedIssue[] => {
    const name = typeof rule === 'object' && rule !== null && 'name' in rule ? rule.name : undefined;
    if (typeof name !== 'string') return [];
    if (seen.has(name))
      return [
        { path: ['rules', index, 'name'], atKey: false, offset: 0, message: `the name "${name}" is taken by an earlier rule` },
      ];
    seen.add(name);
    return [];
  });
}

function toFault(issue: LocatedIssue, document: Document, text: string): Fault {
  const node = findNode(document, issue);
  return { offset: (node?.range?.[0] ?? 0) + offsetInside(node, issue.offset, text), message: issue.message };
}

/** If the path leads nowhere, because something is missing: the deepest node that exists. */
function findNode(document: Document, { path, atKey }: LocatedIssue): Node | null {
  let node: Node | null = document.contents;
  for (const [depth, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document) ?? null;
    const wantsKey = atKey && depth === path.length - 1;
    const next = isSeq(node) ? node.items[Number(step)] : isMap(node) ? findInMap(node, step, wantsKey) : null;
    if (!isNode(next)) return node;
    node = next;
  }
  return node;
}

function findInMap(map: YAMLMap, name: string | number, wantsKey: boolean): unknown {
  const pair = map.items.find(({ key }) => isScalar(key) && String(key.value) === String(name));
  // A key without a value has no value node, so the key is used.
  return wantsKey || !isNode(pair?.value) ? pair?.key : pair.value;
}

/** 0 if escapes or folding make the value differ from the written text, so that no offset can be computed. */
function offsetInside(node: Node | null, offset: number, text: string): number {
  if (offset === 0 || !isScalar(node) || typeof node.value !== 'string' || !node.range) return 0;
  const begin = text.slice(node.range[0], node.range[1]).indexOf(node.value);
  return begin === -1 ? 0 : begin + offset;
}

import { z } from 'zod';
import type { Scope } from './expression.ts';
import { RenderError } from './rule-set.ts';
import { compileTemplate, type Template } from './template.ts';

/** In a rule a text may hold `${...}`; in a command it may not. */
export type TextMode = 'template' | 'literal';

/** The context in which texts are rendered. */
export interface RenderScope {
  /** The rule's name, for errors. */
  readonly rule: string;
  /** The variables that `${...}` may read. */
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface Text {
  /** Whether it holds an expression. */
  readonly isRendered: boolean;
  /** `null` when the text is one expression that is null. @throws RenderError */
  render(scope: RenderScope): string | null;
}

/** A text whose value is required: an id, a code, an attribute's name. */
export interface RequiredText {
  /** As it is written, for errors. */
  readonly expression: string;
  /** Whether it holds an expression: what it renders may be a value of an event, and is not shown. */
  readonly isRendered: boolean;
  /** @throws RenderError when it is null or empty */
  render(scope: RenderScope): string;
}

/** The text fields of a schema. Each is compiled once, when it is read. */
export interface TextFields {
  readonly text: z.ZodType<Text, string>;
  readonly required: z.ZodType<RequiredText, string>;
  /** A text that is the key of a map; a key stays a string, and {@link keyText} compiles it. */
  readonly key: z.ZodType<string, string>;
  keyText(key: string): RequiredText;
}

/** The longest text of a command or a rule, in UTF-16 units. */
const MAX_TEXT_LENGTH = 65_536;

export function createTextFields(mode: TextMode, scope: Scope): TextFields {
  const plain = z.string().max(MAX_TEXT_LENGTH);
  const compile = mode === 'literal' ? compileLiteral : (text: string, context: Issues) => compileIn(text, scope, context);
  return {
    text: plain.transform((text, context) => compile(text, context) ?? z.NEVER),
    required: plain.check(z.minLength(1)).transform((text, context) => {
      const template = compile(text, context);
      return template === null ? z.NEVER : toRequired(text, template);
    }),
    key: plain.check(z.minLength(1)).superRefine((text, context) => void compile(text, context)),
    keyText: (key) => {
      const compiled = mode === 'literal' ? null : compileTemplate(key, scope);
      return toRequired(key, compiled?.ok ? toText(compiled.template) : literalText(key));
    },
  };
}

/** For values that hold no expression in any mode. */
export function literalText(value: string): Text {
  return { isRendered: false, render: () => value };
}

/** The names of those that hold an expression, where there are any. */
export function renderedNames(fields: Readonly<Record<string, RequiredText | undefined>>): {
  readonly rendered?: readonly string[];
} {
  const names = Object.entries(fields).flatMap(([name, text]) => (text?.isRendered ? [name] : []));
  return names.length > 0 ? { rendered: names } : {};
}

/** The given fields, rendered. */
export function renderFields<Name extends string>(
  fields: Readonly<Partial<Record<Name, RequiredText | undefined>>>,
  scope: RenderScope,
): { [Field in Name]?: string } {
  const given = Object.entries<RequiredText | undefined>(fields).flatMap(([name, text]) =>
    text === undefined ? [] : [[name, text.render(scope)] as const],
  );
  return Object.fromEntries(given) as { [Field in Name]?: string };
}

interface Issues {
  addIssue(issue: { code: 'custom'; message: string; params?: { offset: number } }): void;
}

function compileIn(text: string, scope: Scope, context: Issues): Text | null {
  const compiled = compileTemplate(text, scope);
  if (compiled.ok) return toText(compiled.template);
  for (const { message, offset } of compiled.faults) context.addIssue({ code: 'custom', message, params: { offset } });
  return null;
}

function compileLiteral(text: string, context: Issues): Text | null {
  if (!text.includes('${')) return literalText(text);
  context.addIssue({ code: 'custom', message: '"${" is for rules; a command holds plain values only' });
  return null;
}

function toText(template: Template): Text {
  return { isRendered: template.isRendered, render: ({ rule, variables }) => template.render(rule, variables) };
}

function toRequired(text: string, value: Text): RequiredText {
  const expression = /^\$\{(.*)\}$/s.exec(text)?.[1] ?? text;
  return {
    expression,
    isRendered: value.isRendered,
    render(scope) {
      const rendered = value.render(scope);
      if (rendered === null) throw new RenderError(scope.rule, expression, 'it is null');
      if (rendered === '') throw new RenderError(scope.rule, expression, 'it is empty');
      return rendered;
    },
  };
}

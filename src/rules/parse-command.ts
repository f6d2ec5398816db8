import { z } from 'zod';
import type { Action, Target } from '../domain/action.ts';
import { createActionSchemas } from './action-schema.ts';
import type { ActionSyntaxes } from './action-syntax.ts';
import { describeIssue, findPrototypeKeys, type LocatedIssue, locateIssues, shorten, strictObject } from './schema-faults.ts';
import type { RenderScope } from './text-fields.ts';

/** Actions requested over HTTP, checked. */
export interface Command {
  readonly target: Target | null;
  readonly actions: readonly Action[];
}

/** Each element of `faults` is a sentence for the caller on one problem. */
export type ParsedCommand =
  | { readonly ok: true; readonly command: Command }
  | { readonly ok: false; readonly faults: readonly string[] };

/** Enough to correct a command that a person wrote; a hostile command can have any number. */
const MAX_FAULTS = 50;

/** A command's texts are plain, so they read no variables and there is no rule to name. */
const NOTHING: RenderScope = { rule: '', variables: {} };

/** @param conversationId the id from the path */
export type ParseCommand = (value: unknown, conversationId: string) => ParsedCommand;

/** The body of a command. */
export function createCommandSchema(syntaxes: ActionSyntaxes) {
  const { target, actions } = createActionSchemas('literal', syntaxes);
  const conversationId = z.string().optional().describe("The path's id again: a signature covers the body and not the path.");
  return strictObject({ conversationId, target: target.nullish(), actions });
}

/**
 * Reads the body of `POST /conversations/{conversationId}/actions`: `target` and `actions` as in a rule, but without
 * `${...}`. A `conversationId` in it must be the path's: a signature covers the body only, so without it whoever records
 * a signed command can send it to another conversation.
 * Every problem is reported, as `actions[0].transfer: what is wrong`; none repeats a value.
 */
export function createCommandParser(syntaxes: ActionSyntaxes): ParseCommand {
  const schema = createCommandSchema(syntaxes);
  return (value, conversationId) => {
    const parsed = schema.safeParse(value, { error: describeIssue });
    const issues = [
      ...(parsed.success ? [] : locateIssues(parsed.error.issues)),
      ...findPrototypeKeys(value),
      ...findOtherConversation(value, conversationId),
    ];
    if (!parsed.success || issues.length > 0) return { ok: false, faults: issues.slice(0, MAX_FAULTS).map(formatFault) };
    const { data } = parsed;
    const command = { target: data.target?.(NOTHING) ?? null, actions: data.actions.map(({ render }) => render(NOTHING)) };
    return { ok: true, command };
  };
}

/** Checks the raw request, so that its problems are found in addition to other ones. */
function findOtherConversation(value: unknown, conversationId: string): LocatedIssue[] {
  const named = typeof value === 'object' && value !== null && 'conversationId' in value ? value.conversationId : undefined;
  if (typeof named !== 'string' || named === conversationId) return [];
  return [{ path: ['conversationId'], atKey: false, offset: 0, message: 'it is not the conversation of the path' }];
}

function formatFault({ path, message }: LocatedIssue): string {
  const shown = path.map((step) => (typeof step === 'string' ? shorten(step) : step));
  return path.length === 0 ? message : `${z.core.toDotPath(shown)}: ${message}`;
}

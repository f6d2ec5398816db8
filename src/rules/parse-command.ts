import { z } from 'zod';
import type { Action, Target } from '../domain/action.ts';
import { type ActionSource, createActionSchemas, type TargetSource } from './action-schema.ts';
import { describeIssue, findPrototypeKeys, type LocatedIssue, locateIssues, shorten, strictObject } from './schema-faults.ts';

/** Actions asked for over HTTP, checked. */
export interface Command {
  readonly target: Target | null;
  readonly actions: readonly Action[];
}

/** `faults` are sentences for the caller, one for each thing that is wrong. */
export type ParsedCommand =
  | { readonly ok: true; readonly command: Command }
  | { readonly ok: false; readonly faults: readonly string[] };

/** Enough to mend a command that a person wrote; a hostile one can have any number. */
const MAX_FAULTS = 50;

const { target, actions } = createActionSchemas('literal');
const commandSchema = strictObject({ conversationId: z.string().optional(), target: target.nullish(), actions });

/**
 * The body of `POST /conversations/{conversationId}/actions`: `target` and `actions` as in a rule, but without `${...}`.
 * A `conversationId` in it must be the path's: a signature covers the body only, so without it whoever records a signed
 * command can send it to another conversation.
 * Every fault is reported, as `actions[0].transfer: what is wrong`; none repeats a value.
 * @param conversationId that of the path
 */
export function parseCommand(value: unknown, conversationId: string): ParsedCommand {
  const parsed = commandSchema.safeParse(value, { error: describeIssue });
  const issues = [
    ...(parsed.success ? [] : locateIssues(parsed.error.issues)),
    ...findPrototypeKeys(value),
    ...findOtherConversation(value, conversationId),
  ];
  if (!parsed.success || issues.length > 0) return { ok: false, faults: issues.slice(0, MAX_FAULTS).map(formatFault) };
  return {
    ok: true,
    command: { target: parsed.data.target ? toTarget(parsed.data.target) : null, actions: parsed.data.actions.map(toAction) },
  };
}

/** Works on what was sent, so that it is found beside other faults. */
function findOtherConversation(value: unknown, conversationId: string): LocatedIssue[] {
  const named = typeof value === 'object' && value !== null && 'conversationId' in value ? value.conversationId : undefined;
  if (typeof named !== 'string' || named === conversationId) return [];
  return [{ path: ['conversationId'], atKey: false, offset: 0, message: 'it is not the conversation of the path' }];
}

function formatFault({ path, message }: LocatedIssue): string {
  const shown = path.map((step) => (typeof step === 'string' ? shorten(step) : step));
  return path.length === 0 ? message : `${z.core.toDotPath(shown)}: ${message}`;
}

function toTarget(source: TargetSource): Target {
  return withoutUndefined(source) as Target;
}

function toAction({ setAttributes, applyWrapup, transfer }: ActionSource): Action {
  if (setAttributes !== undefined) return { type: 'setAttributes', attributes: setAttributes };
  if (applyWrapup !== undefined) return withoutUndefined({ type: 'applyWrapup', ...applyWrapup }) as Action;
  return withoutUndefined({ type: 'transfer', ...transfer }) as Action;
}

function withoutUndefined(source: object): object {
  return Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined));
}

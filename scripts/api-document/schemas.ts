import { z } from 'zod';
import { PATH_ID } from '../../src/domain/path-id.ts';
import type { TraceContext } from '../../src/domain/trace-context.ts';
import type { CommandStatus, Receipt } from '../../src/intake/intake.ts';
import { PROBLEM_CODES } from '../../src/receiver/problem.ts';
import type { StoryDocument } from '../../src/receiver/story-route.ts';

/** What the HTTP interface takes and returns, in addition to events and commands. The API document is made of it. */

const count = z.int().min(0);
const utc = z.iso.datetime().describe('ISO 8601 in UTC.');
const traceId = z.string().regex(/^[0-9a-f]{32}$/);

export const conversationId = z.string().regex(PATH_ID).describe('Id of the conversation.');

export const problem = z
  .object({
    type: z.string().describe('`urn:hookpatch:problem:` and the code.'),
    title: z.string().describe('The name of the status.'),
    status: z.int(),
    detail: z.string().describe('One sentence for people.'),
    code: z.enum(PROBLEM_CODES).describe('Stable; docs/troubleshooting.md explains each.'),
    position: count.optional().describe('Index of the bad event in the array that was sent.'),
    conversationId: conversationId.optional().describe('With `key-reused`: the conversation of the event.'),
    faults: z.array(z.string()).optional().describe('With `command-invalid`: one sentence for each error.'),
  })
  .describe('Problem details (RFC 9457).');

export const receipt: z.ZodType<Receipt> = z
  .object({
    accepted: count.describe('Events that were stored.'),
    duplicate: count.describe('Events that were stored before.'),
    ignored: count.describe('Events that no rule matches, or that are about no conversation.'),
    events: z
      .array(
        z.object({
          id: z.string().describe('The idempotency key of the event.'),
          status: z.enum(['accepted', 'duplicate', 'ignored']),
        }),
      )
      .describe('In the order in which they were sent.'),
  })
  .describe('The result of a delivery. Accepted events are durable.');

export const commandAccepted = z.object({
  id: z.string().describe('To look the command up by.'),
  traceId: traceId.describe('The trace in which the work appears.'),
});

const answer = z.object({
  status: z.int().nullable().describe('HTTP status; `null`: there was no response.'),
  code: z.string(),
  message: z.string(),
  correlationId: z.string().nullable().describe('Genesys support asks for it.'),
});

const outcomeKind = z.enum(['applied', 'unchanged', 'skipped', 'shadowed', 'dead-lettered']);
const action = z.enum(['setAttributes', 'applyWrapup', 'transfer']).nullable();
const reason = z.string().describe('From a closed list; docs/troubleshooting.md explains each.');

/** In the document a union of the two forms of {@link CommandStatus}, each with the id. */
export const commandStatus = z.union([
  z.object({ id: z.string(), status: z.literal('pending') }),
  z.object({
    id: z.string(),
    status: z.literal('done'),
    outcomes: z.array(
      z.object({
        outcome: outcomeKind,
        reason,
        detail: z.string(),
        rule: z.string().nullable(),
        action,
        participantId: z.string().nullable(),
        genesys: answer.optional().describe('The response of Genesys, if the outcome is based on one.'),
      }),
    ),
  }),
]) satisfies z.ZodType<{ id: string } & { status: CommandStatus['status'] }>;

export const story: z.ZodType<{ readonly conversationId: string; readonly events: readonly StoryDocument[] }> = z.object({
  conversationId,
  events: z.array(
    z.object({
      id: z.string(),
      topic: z.string().nullable(),
      receivedAt: utc,
      status: z.enum(['accepted', 'duplicate', 'ignored']).nullable(),
      via: z
        .enum(['webhook', 'notifications', 'look'])
        .nullable()
        .describe('How it came: over HTTP, over notifications, or from a look after a gap.'),
      rules: z.array(
        z.object({
          rule: z.string(),
          verdict: z.enum(['matched', 'condition-false', 'condition-failed', 'not-matched']),
        }),
      ),
      traceId: traceId.nullable(),
      duplicates: count.describe('How often it was delivered again.'),
      waits: z.array(z.object({ at: utc, until: utc, because: z.string() })).describe('Tries that failed, oldest first.'),
      endedAt: utc.nullable().describe('`null`: it waits, or was ignored.'),
      outcomes: z.array(
        z.object({
          outcome: outcomeKind,
          rule: z.string().nullable(),
          action,
          reason,
          detail: z.string().nullable(),
          participantId: z.string().nullable(),
          correlationId: z.string().nullable(),
        }),
      ),
      calls: z
        .array(z.object({ stage: z.string(), status: z.string(), correlationId: z.string().nullable() }))
        .describe('Requests to Genesys of its batch.'),
      summary: z.string().nullable(),
      advice: z.string().nullable().describe('What to do; `null`: nothing.'),
    }),
  ),
});

export const traceContextRequest = z
  .looseObject({ conversationId })
  .describe('A signed body may hold `conversationId` and nothing else.');

export const traceContext: z.ZodType<TraceContext> = z
  .object({
    traceId,
    spanId: z.string().regex(/^[0-9a-f]{16}$/),
    traceparent: z.string().describe('W3C Trace Context.'),
    datadogTraceId: z.string().regex(/^\d+$/).describe('The low 64 bits of the trace id, in decimal.'),
  })
  .describe('The same for every request on a conversation.');

export const health = z.object({ status: z.literal('ok'), version: z.string() });

export const readiness = z.object({
  ready: z.boolean(),
  checks: z.record(z.string(), z.boolean()).describe('The result of each check by its name.'),
  failing: z.array(z.string()).describe('The names of the checks that fail.'),
  pausedUntil: utc.nullable().describe('Until when a 429 forbids requests to Genesys; it does not make a process unready.'),
});

const filter = {
  conversation: z.string().optional(),
  rule: z.string().optional(),
  reason: z.string().optional(),
  action: z.string().optional(),
  since: z.string().optional().describe('A number with s, m, h or d, or a date.'),
};

export const deadLetterForm = z.object({
  do: z.enum(['retry', 'drop', 'retry-all', 'drop-all']),
  id: z.array(z.string()).optional().describe('With `retry` and `drop`: the dead letters.'),
  confirm: z.string().optional().describe('With `...-all`: the number of dead letters that fit the filter.'),
  ...filter,
});

export const wakeForm = z.object({ conversation: z.array(z.string()).optional() });

import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Logger } from 'pino';
import { OUTCOME_REASONS } from '../desk/advice.ts';
import type { DeadLetterChange, Desk } from '../desk/desk.ts';
import { parseSince } from '../desk/parse-since.ts';
import type { OutcomeKind } from '../domain/outcome.ts';
import { StoreUnavailableError, withinDeadline } from '../intake/within-deadline.ts';
import { isRedisFailure, outagesOf } from '../redis/outages.ts';
import { createDampedLog, STRANGERS } from '../telemetry/damped-log.ts';
import { conversationPage } from './admin/conversation-page.ts';
import { deadLetterPage, type FilterFields, parseFilter } from './admin/dead-letter-page.ts';
import { type Html, html } from './admin/html.ts';
import { page } from './admin/layout.ts';
import { redisAwayPage } from './admin/redis-away-page.ts';
import { rulesPage } from './admin/rules-page.ts';
import { type SearchFields, searchPage } from './admin/search-page.ts';
import { STYLE } from './admin/style.ts';
import { waitingPage } from './admin/waiting-page.ts';
import { createAdminAccess, userNameOf } from './admin-access.ts';
import type { AdminDependencies } from './dependencies.ts';
import { Problem } from './problem.ts';

/** The pages have no script and one style sheet of their own. Forms go to the service only. No site can frame the pages. */
const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

const OUTCOME_KINDS = ['applied', 'unchanged', 'skipped', 'shadowed', 'dead-lettered'] satisfies OutcomeKind[];

const HTML_TYPE = 'text/html; charset=utf-8';
const FORM_TYPE = 'application/x-www-form-urlencoded';
const FORM_LIMIT_BYTES = 65_536;
const FOUND_SHOWN = 25;
const LETTERS_SHOWN = 100;
/** The most that one request changes; the next request changes more. */
const LETTERS_CHANGED = 10_000;

/** The pages for the person on call, behind the token: search, stories, dead letters, what waits, rules in force. */
export function addAdminRoutes(scope: FastifyInstance, admin: AdminDependencies, logger: Logger): void {
  guard(scope, admin.currentToken, logger);
  showOutages(scope, logger);
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(FORM_TYPE, { parseAs: 'string', bodyLimit: FORM_LIMIT_BYTES }, (_request, body, done) =>
    done(null, new URLSearchParams(String(body))),
  );
  const desk = () => withinDeadline(() => admin.openDesk());
  scope.get('/style.css', async (_request, reply) =>
    reply.header('content-type', 'text/css; charset=utf-8').header('cache-control', 'private, max-age=3600').send(STYLE),
  );
  addSearchRoutes(scope, admin, desk);
  addDeadLetterRoutes(scope, admin, desk, logger);
  addWaitingRoutes(scope, desk, logger);
  scope.get('/rules', async (_request, reply) => {
    const open = await desk();
    const counted = await Promise.all(
      [...admin.ruleSet().rules.values()].map(async (rule) => ({ rule, ended: await open.countOf(rule.name) })),
    );
    return send(reply, rulesPage(counted, admin.storyDays));
  });
}

type OpenDesk = () => Promise<Desk>;

function guard(scope: FastifyInstance, currentToken: AdminDependencies['currentToken'], logger: Logger): void {
  const accessOf = createAdminAccess(currentToken);
  const warn = createDampedLog((fields, message) => logger.warn(fields, message), STRANGERS);
  scope.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    const access = accessOf(request.method, request.headers);
    if (access === 'granted') return;
    warn(access, { reason: access, route: request.routeOptions.url ?? '' }, 'admin request refused');
    throw access === 'cross-site' ? crossSite() : notAuthenticated();
  });
}

/** A person gets a page and no problem document. Other errors, and other clients, are for the handler of all routes. */
function showOutages(scope: FastifyInstance, logger: Logger): void {
  scope.setErrorHandler((error, request, reply) => {
    const cause = error instanceof StoreUnavailableError ? error.cause : error;
    const isAway = error instanceof StoreUnavailableError || isRedisFailure(cause);
    if (!isAway || request.headers.accept?.includes('text/html') !== true) throw error;
    if (cause instanceof Error) outagesOf(logger).failed(cause);
    return send(reply.code(503), redisAwayPage());
  });
}

function addSearchRoutes(scope: FastifyInstance, admin: AdminDependencies, desk: OpenDesk): void {
  const { ruleSet, traceUrl } = admin;
  scope.get('/', async (request, reply) => {
    const fields = fieldsOf(request.query, ['q', 'rule', 'outcome', 'reason', 'since']) as SearchFields;
    const open = await desk();
    const ids = await idsFor(fields, open);
    if (fields.q !== undefined && ids?.length === 1) return reply.redirect(conversationPath(ids[0] ?? ''), 303);
    const found = ids === null ? null : await Promise.all(ids.slice(0, FOUND_SHOWN).map((id) => open.conversation(id)));
    const lists = { rules: [...ruleSet().rules.keys()], outcomes: OUTCOME_KINDS, reasons: OUTCOME_REASONS };
    return send(reply, searchPage({ fields, found, ...lists }));
  });
  scope.get<{ Params: { conversationId: string } }>('/conversations/:conversationId', async (request, reply) => {
    const record = await (await desk()).conversation(request.params.conversationId);
    return send(reply, conversationPage(record, traceUrl, noticeOf(request.query)));
  });
}

/** `null`: nothing was searched for. */
async function idsFor({ q, rule, outcome, reason, since }: SearchFields, desk: Desk): Promise<readonly string[] | null> {
  if (q !== undefined) return desk.find(q);
  if (rule === undefined && outcome === undefined && reason === undefined && since === undefined) return null;
  const from = since === undefined ? undefined : parseSince(since, Date.now());
  if (from === null) return [];
  return desk.search({
    limit: FOUND_SHOWN,
    ...(rule === undefined ? {} : { rule }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(reason === undefined ? {} : { reason }),
    ...(from === undefined ? {} : { since: from }),
  });
}

const FILTER_FIELDS = ['conversation', 'rule', 'reason', 'action', 'since'];

function addDeadLetterRoutes(scope: FastifyInstance, admin: AdminDependencies, desk: OpenDesk, logger: Logger): void {
  scope.get('/dead-letters', async (request, reply) => {
    const fields = fieldsOf(request.query, FILTER_FIELDS) as FilterFields;
    const filter = parseFilter(fields, Date.now());
    const listed = filter === null ? [] : await (await desk()).deadLetters(filter, LETTERS_CHANGED);
    const lists = { rules: [...admin.ruleSet().rules.keys()], reasons: OUTCOME_REASONS, actions: admin.actionTypes };
    const shown = { fields, listed: listed.slice(0, LETTERS_SHOWN), total: listed.length, ...lists };
    const notice = filter === null ? 'Since is a number with s, m, h or d, or a date.' : noticeOf(request.query);
    return send(reply, deadLetterPage(shown, notice));
  });

  scope.post('/dead-letters', async (request, reply) => {
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
    const fields = fieldsOf(Object.fromEntries(form), FILTER_FIELDS) as FilterFields;
    const open = await desk();
    const asked = await askedFor(form, fields, open);
    if (asked.refusal !== null)
      return send(
        reply.code(400),
        page(
          'dead-letters',
          'Dead letters',
          html`<p role="alert">${asked.refusal}</p><p><a href="${listPath(fields)}">Back</a></p>`,
        ),
      );
    const changed = await open.change(asked.change, asked.ids);
    const who = userNameOf(request.headers);
    logger.info({ change: asked.change, who, count: changed.length, ids: changed }, 'dead letters changed on the admin page');
    return reply.redirect(listPath(fields, { done: asked.change, count: String(changed.length) }), 303);
  });
}

function addWaitingRoutes(scope: FastifyInstance, desk: OpenDesk, logger: Logger): void {
  scope.get('/waiting', async (request, reply) => {
    const waiting = await (await desk()).waiting(LETTERS_SHOWN);
    return send(reply, waitingPage(waiting, noticeOf(request.query)));
  });
  scope.post('/waiting', async (request, reply) => {
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
    const woken = await (await desk()).wake(form.getAll('conversation'));
    const who = userNameOf(request.headers);
    logger.info({ who, count: woken.length, conversations: woken }, 'conversations woken on the admin page');
    return reply.redirect(`/admin/waiting?${new URLSearchParams({ done: 'wake', count: String(woken.length) })}`, 303);
  });
}

interface Asked {
  readonly change: DeadLetterChange;
  /** Oldest first. */
  readonly ids: readonly string[];
  /** Why nothing is done; `null` when it is done. */
  readonly refusal: string | null;
}

async function askedFor(form: URLSearchParams, fields: FilterFields, desk: Desk): Promise<Asked> {
  const [, change, all] = /^(retry|drop)(-all)?$/.exec(form.get('do') ?? '') ?? [];
  const refuse = (refusal: string): Asked => ({ change: 'retry', ids: [], refusal });
  if (change === undefined) return refuse('The form does not say what to do.');
  const asked = { change: change as DeadLetterChange, refusal: null };
  if (all === undefined) {
    const ids = form.getAll('id');
    return ids.length === 0 ? refuse('No dead letter was selected; nothing was changed.') : { ...asked, ids: ids.reverse() };
  }
  const filter = parseFilter(fields, Date.now());
  if (filter === null) return refuse('Since is a number with s, m, h or d, or a date.');
  const listed = await desk.deadLetters(filter, LETTERS_CHANGED);
  if (form.get('confirm') !== String(listed.length)) {
    return refuse(`Type the number of dead letters that fit (${listed.length} now) to confirm; nothing was changed.`);
  }
  return { ...asked, ids: listed.map(({ id }) => id).reverse() };
}

/** Parameters that are given and not empty, by name. */
function fieldsOf(query: unknown, names: readonly string[]): Record<string, string> {
  const given = (query ?? {}) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = given[name];
      return typeof value === 'string' && value.trim() !== '' ? [[name, value.trim()]] : [];
    }),
  );
}

function listPath(fields: Readonly<Record<string, string>>, more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({ ...fields, ...more }).toString();
  return query === '' ? '/admin/dead-letters' : `/admin/dead-letters?${query}`;
}

function conversationPath(conversationId: string): string {
  return `/admin/conversations/${encodeURIComponent(conversationId)}`;
}

const NOTICES: Readonly<Record<string, (count: number) => string>> = {
  retry: (count) => `${count} put back; a worker takes them through the inbox of their conversations.`,
  drop: (count) => `${count} dropped.`,
  wake: (count) => `${count} tried now.`,
};

/** From a closed list, because anybody can craft an address. */
function noticeOf(query: unknown): string | null {
  const { done, count } = fieldsOf(query, ['done', 'count']);
  const notice = done === undefined || !Object.hasOwn(NOTICES, done) ? undefined : NOTICES[done];
  return notice?.(Number(count) || 0) ?? null;
}

function send(reply: FastifyReply, content: Html): FastifyReply {
  return reply.header('content-type', HTML_TYPE).send(content.text);
}

function notAuthenticated(): Problem {
  const detail = 'The ADMIN_TOKEN is required: as a bearer token, or as the password of any user.';
  // Basic only: browsers take the first challenge of a header that names two.
  const headers = { 'www-authenticate': 'Basic realm="hookpatch", charset="UTF-8"' };
  return new Problem({ status: 401, code: 'not-authenticated', detail, headers });
}

function crossSite(): Problem {
  return new Problem({ status: 403, code: 'cross-site', detail: 'Another site may not change anything here.' });
}

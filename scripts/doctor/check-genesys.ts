import type { Config, GenesysConfig } from '../../src/config/config.ts';
import { createGenesysClient, type PlatformClient } from '../../src/genesys/client.ts';
import { GenesysError } from '../../src/genesys/genesys-error.ts';
import { wantedTopics } from '../../src/source/wanted-topics.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { checkTopics } from './check-topics.ts';
import { type Finding, ok, unknown, wrong } from './finding.ts';
import type { RuleNeeds, Written } from './rule-needs.ts';

export interface GenesysQuestions {
  readonly config: Pick<Config, 'notifications' | 'webhook'>;
  readonly genesys: GenesysConfig;
  readonly needs: RuleNeeds;
}

/** No conversation, participant, queue or code has this id: what is asked about it changes nothing. */
const NOBODY = '00000000-0000-0000-0000-000000000000';
/** More than this, and times of events can't be judged. */
const MOST_SKEW_MS = 30_000;

/** Everything about Genesys that can be asked without changing anything. */
export async function checkGenesys(questions: GenesysQuestions): Promise<readonly Finding[]> {
  const client = createGenesysClient({ config: questions.genesys, logger: createLogger('silent') });
  try {
    const token = await checkToken(client, questions.genesys);
    const clock = await checkClock(questions.genesys);
    if (token.status !== 'ok') return [token, clock];
    return [
      token,
      clock,
      ...(await checkPermissions(client, questions)),
      ...(await checkQueues(client, questions)),
      ...(await checkCodes(client, questions.needs.codes)),
      ...(await checkTopics(client.organisation, questions)),
      await checkLimits(client, questions.genesys),
      checkCosts(questions.genesys),
    ];
  } finally {
    await client.close();
  }
}

async function checkToken(client: PlatformClient, { loginUrl }: GenesysConfig): Promise<Finding> {
  try {
    await client.obtainToken();
    return ok('token', `${loginUrl} gives one`);
  } catch (error) {
    const { status, message } = error as GenesysError;
    if (status === null || status === undefined || status >= 500) {
      return wrong('token', `${loginUrl}: ${message}`, 'check GENESYS_REGION, and that the login host is reachable from here');
    }
    const todo =
      'the client is of another region (GENESYS_REGION), its id or secret is wrong, or its grant type is not client credentials';
    return wrong('token', `${loginUrl} refuses the client: ${message}`, todo);
  }
}

async function checkClock({ apiUrl, timeoutMs }: GenesysConfig): Promise<Finding> {
  try {
    const response = await fetch(apiUrl, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) });
    const theirs = Date.parse(response.headers.get('date') ?? '');
    if (Number.isNaN(theirs)) return unknown('clock', 'Genesys does not say what time it is', 'keep the clock right with NTP');
    const skewMs = Date.now() - theirs;
    const found = `${Math.round(Math.abs(skewMs) / 1_000)} s from Genesys's`;
    if (Math.abs(skewMs) <= MOST_SKEW_MS) return ok('clock', found);
    return wrong('clock', found, 'set the clock (NTP): the age of events and signed timestamps are judged by it');
  } catch (error) {
    return unknown('clock', `${apiUrl}: ${(error as Error).message}`, 'check that the API host is reachable from here');
  }
}

interface Probe {
  readonly permission: string;
  readonly neededFor: string;
  /** Whether a 404 says that the permission is there: of a write it is not documented what is checked first. */
  readonly reads: boolean;
  ask(client: PlatformClient): Promise<unknown>;
}

const NO_VERSION = { version: null };
const PROBES = {
  conversation: {
    permission: 'conversation:communication:view',
    neededFor: 'every action',
    reads: true,
    ask: (client) => client.getConversation(NOBODY),
  },
  wrapup: {
    permission: 'conversation:participant:wrapup',
    neededFor: 'applyWrapup',
    reads: false,
    ask: (client) => client.patchWrapup(NOBODY, NOBODY, { code: NOBODY }, NO_VERSION),
  },
  transfer: {
    permission: 'conversation:communication:blindTransfer',
    neededFor: 'transfer',
    reads: false,
    ask: (client) => client.replaceParticipant(NOBODY, NOBODY, { kind: 'queue', queueId: NOBODY }, 'Unattended', NO_VERSION),
  },
  queue: {
    permission: 'routing:queue:view',
    neededFor: 'transfer and GENESYS_NOTIFICATIONS',
    reads: true,
    ask: (client) => client.queueExists(NOBODY),
  },
  details: {
    permission: 'analytics:conversationDetail:view',
    neededFor: 'the repair of gaps in the notifications',
    reads: true,
    ask: (client) => {
      const now = Date.now();
      const owners = [{ dimension: 'queueId', value: NOBODY }];
      return client.organisation.listOpenConversations({ startedAfter: now - 3_600_000, now, owners, page: 1 });
    },
  },
} as const satisfies Record<string, Probe>;

async function checkPermissions(client: PlatformClient, { needs, config }: GenesysQuestions): Promise<readonly Finding[]> {
  const { conversation, wrapup, transfer, queue, details } = PROBES;
  const transfers = needs.actions.has('transfer');
  const listens = config.notifications !== null;
  const wanted: readonly Probe[] = [
    conversation,
    ...(needs.actions.has('applyWrapup') || needs.codes.length > 0 ? [wrapup] : []),
    ...(transfers ? [transfer] : []),
    ...(transfers || listens ? [queue] : []),
    ...(listens ? [details] : []),
  ];
  return Promise.all(wanted.map((probe) => checkPermission(client, probe)));
}

async function checkPermission(client: PlatformClient, { permission, neededFor, reads, ask }: Probe): Promise<Finding> {
  const about = `permission ${permission}`;
  const failure = await ask(client).then(
    () => null,
    (error: unknown) => error,
  );
  if (failure !== null && !(failure instanceof GenesysError)) throw failure;
  const status = failure?.status ?? (failure === null ? 200 : null);
  if (status === 403) {
    return wrong(about, `missing; needed for ${neededFor}`, `add ${permission} to a role of the OAuth client, for its divisions`);
  }
  if (reads && (status === 200 || status === 404)) return ok(about, `there, for ${neededFor}`);
  if (!reads && status !== null && status < 500) {
    const found = `not refused for a conversation that does not exist; needed for ${neededFor}`;
    return unknown(about, found, 'look at the roles of the OAuth client: what Genesys checks first is not documented');
  }
  return unknown(about, failure?.message ?? 'no response', 'try again');
}

async function checkQueues(client: PlatformClient, { needs, config }: GenesysQuestions): Promise<readonly Finding[]> {
  const byId = await Promise.all(
    unique(needs.queues).map(async ({ rule, value }) => {
      const about = `queue ${value}`;
      const exists = await client.queueExists(value).catch(() => null);
      if (exists === true) return ok(about, `there, for rule ${rule}`);
      if (exists === null) return unknown(about, 'could not be asked for', 'see the permission routing:queue:view');
      return wrong(
        about,
        `there is none; rule ${rule} transfers to it`,
        'it was deleted, or is of a division that the client does not see',
      );
    }),
  );
  return [...byId, ...(await checkNotifiedQueues(client, config))];
}

async function checkNotifiedQueues(
  client: PlatformClient,
  { notifications }: Pick<Config, 'notifications'>,
): Promise<readonly Finding[]> {
  if (notifications === null) return [];
  const about = 'GENESYS_NOTIFICATIONS';
  const queues = await client.organisation.listQueues().catch(() => null);
  if (queues === null) return [unknown(about, 'the queues could not be listed', 'see the permission routing:queue:view')];
  const { topics, unknownQueues } = wantedTopics(notifications, queues);
  const missing = unknownQueues.map((name) =>
    wrong(
      about,
      `there is no queue "${name}" among the ${queues.length} that the client sees`,
      'correct the name, or add the division to its role',
    ),
  );
  if (topics.length === 0 && missing.length === 0)
    return [wrong(about, 'no queue can be seen', 'add the divisions of the queues to the role')];
  return missing.length > 0 ? missing : [ok(about, `${topics.length} topics`)];
}

async function checkCodes(client: PlatformClient, codes: readonly Written[]): Promise<readonly Finding[]> {
  if (codes.length === 0) return [];
  const known = await client.organisation.listAllWrapupCodes().catch(() => null);
  return unique(codes).map(({ rule, value }) => {
    const about = `wrap-up code ${value}`;
    if (known === null)
      return unknown(about, 'the codes could not be listed', 'add routing:wrapupCode:view to the role to have them checked');
    if (known.some(({ id, name }) => id === value || name === value)) return ok(about, `there, for rule ${rule}`);
    const near = known.find(({ name }) => name.toLowerCase() === value.toLowerCase());
    const hint = near === undefined ? 'correct it; an id or the exact name is expected' : `write "${near.name}"`;
    return wrong(about, `there is none; rule ${rule} applies it`, hint);
  });
}

const RATE_LIMIT = 'client.credentials.token.rate.per.minute';

async function checkLimits(client: PlatformClient, { ratePerMinute }: GenesysConfig): Promise<Finding> {
  const limits = await client.organisation.listLimits().catch(() => null);
  const allowed = limits?.[RATE_LIMIT];
  if (allowed === undefined) {
    return unknown('rate limit', 'the limits could not be read', `make sure that ${RATE_LIMIT} is at least ${ratePerMinute}`);
  }
  const found = `${allowed} requests a minute for a token, GENESYS_RATE_PER_MINUTE is ${ratePerMinute}`;
  return ratePerMinute <= allowed
    ? ok('rate limit', found)
    : wrong('rate limit', found, `set GENESYS_RATE_PER_MINUTE to ${allowed}`);
}

const MINUTES_OF_A_MONTH = 30 * 24 * 60;

/** An upper bound: what a rule really costs is in the metric `hookpatch.genesys.calls.by_rule`. */
function checkCosts(genesys: GenesysConfig): Finding {
  const { ratePerMinute, clients, tokensPerClient, organizationRatePerMinute, fairUseCallsPerMonth } = genesys;
  const ofTokens = ratePerMinute * clients.length * tokensPerClient;
  const most = Math.min(ofTokens, organizationRatePerMinute ?? ofTokens) * MINUTES_OF_A_MONTH;
  const found = `one process sends at most ${most.toLocaleString('en-US')} calls a month`;
  if (fairUseCallsPerMonth === null) {
    const todo = 'set GENESYS_NAMED_USERS, such as CX1:200,CX2:50, to see the calls of a month against fair use';
    return unknown('costs', `${found}; the fair use of the licences is not known`, todo);
  }
  const part = Math.round((100 * most) / fairUseCallsPerMonth);
  return ok('costs', `${found}, ${part}% of the ${fairUseCallsPerMonth.toLocaleString('en-US')} that the licences include`);
}

function unique(written: readonly Written[]): readonly Written[] {
  return [...new Map(written.map((each) => [each.value, each])).values()];
}

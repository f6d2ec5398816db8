/** A rules file or an environment with a typical mistake, and the lines that report it: what, where, what to do. */
export interface Mistake {
  readonly mistake: string;
  readonly says: readonly string[];
}

export interface RulesMistake extends Mistake {
  readonly file: string;
  /** The file is in force all the same. */
  readonly isWarning?: boolean;
}

export interface EnvironmentMistake extends Mistake {
  /** In addition to a correct environment; `undefined` unsets. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isWarning?: boolean;
}

const TOPIC = 'v2.detail.events.conversation.*.customer.start';
const ACTIONS = 'actions: [{ setAttributes: { a: b } }]';

/** The third line of the file is `when`, the fourth what follows. */
function rule(when: string, rest = ACTIONS): string {
  return `rules:\n  - name: a\n    when: ${when}\n    ${rest}\n`;
}

const condition = (text: string) => rule(`{ topic: ${TOPIC}, if: ${text} }`);
const doing = (actions: string) => rule(`{ topic: ${TOPIC} }`, `actions: ${actions}`);
const KINDS = 'setAttributes, applyWrapup, transfer';
const EVENT_FIELDS =
  'id, topic, conversationId, occurredAt, participantId, communicationId, userId, queueId, mediaType, direction, ani, dnis, address, correlationId, body';

/** Lines end in `...` where the rest is a list that the file of another test holds. */
export const RULES_MISTAKES: readonly RulesMistake[] = [
  {
    mistake: 'no topic',
    file: rule('{ if: "true" }'),
    says: ['rules.yaml:3:11: "topic" is missing (expected a string or a list)'],
  },
  {
    mistake: 'a misspelled topic key',
    file: rule(`{ topics: ${TOPIC} }`),
    says: [
      'rules.yaml:3:11: "topic" is missing (expected a string or a list)',
      'rules.yaml:3:13: unknown key "topics" (did you mean "topic"?) (allowed: topic, if, maxAge)',
    ],
  },
  {
    mistake: 'the short name of a topic',
    file: rule('{ topic: customer.start }'),
    says: [`rules.yaml:3:20: "customer.start" is no whole topic (did you mean "${TOPIC}"?)`],
    isWarning: true,
  },
  {
    mistake: 'a topic that nobody raises',
    file: rule('{ topic: v2.detail.events.conversation.*.customer.started }'),
    says: [
      'rules.yaml:3:20: no topic that Genesys or hookpatch is known to raise for conversations matches "v2.detail.events.conversation.*.customer.started" (did you mean "v2.detail.events.conversation.{id}.customer.start"?); docs/events.md lists them',
    ],
    isWarning: true,
  },
  {
    mistake: 'a topic that begins with a star, unquoted',
    file: rule('\n      topic: *.customer.start'),
    says: [
      'rules.yaml:4:14: "*.customer.start" begins with "*" and so is an alias in YAML, which is not defined; quote it: "*.customer.start"',
    ],
  },
  {
    mistake: 'an expression in braces, unquoted',
    file: doing('[{ setAttributes: { caller: ${event.ani} } }]'),
    says: ['rules.yaml:4:42: inside of { } and [ ] a text with "${" must be quoted: "${event.ani}"'],
  },
  {
    mistake: 'an expression in the braces of a target, unquoted',
    file: rule(`{ topic: ${TOPIC} }`, `target: { userId: \${event.userId} }\n    ${ACTIONS}`),
    says: ['rules.yaml:4:23: inside of { } and [ ] a text with "${" must be quoted: "${event.userId}"'],
  },
  {
    mistake: 'an expression without its end',
    file: doing('[{ setAttributes: { a: "${event.ani" } }]'),
    says: ['rules.yaml:4:37: "${" has no closing "}"'],
  },
  {
    mistake: 'one equals sign',
    file: condition('event.mediaType = "VOICE"'),
    says: ['rules.yaml:3:88: "=" is no operator; write =='],
  },
  {
    mistake: 'three equals signs',
    file: condition('event.mediaType === "VOICE"'),
    says: ['rules.yaml:3:88: "===" is no operator; write =='],
  },
  {
    mistake: 'several operators of other languages at once',
    file: condition('event.mediaType = "VOICE" and event.direction <> "OUTBOUND" or true'),
    says: [
      'rules.yaml:3:88: "=" is no operator; write ==',
      'rules.yaml:3:98: "and" is no operator; write &&',
      'rules.yaml:3:118: "<>" is no operator; write !=',
      'rules.yaml:3:132: "or" is no operator; write ||',
    ],
  },
  {
    mistake: 'not as a word',
    file: condition('not (event.mediaType == "VOICE")'),
    says: ['rules.yaml:3:72: "not" is no operator; write !'],
  },
  {
    mistake: 'a bracket that is not closed',
    file: condition('(event.mediaType == "VOICE"'),
    says: ['rules.yaml:3:99: ")" is missing at the end'],
  },
  {
    mistake: 'a quote that is not closed',
    file: condition('event.mediaType == "VOICE'),
    says: ['rules.yaml:3:91: a text has no closing quote'],
  },
  {
    mistake: 'an unknown function',
    file: condition('event.mediaType.lower() == "voice"'),
    says: ['rules.yaml:3:88: there is no function "lower" (functions: all, at, base64, bind, bool, bytes, contains, ...'],
  },
  {
    mistake: 'a function in another case',
    file: condition('event.body.name.startswith("a")'),
    says: ['rules.yaml:3:88: there is no function "startswith" (did you mean "startsWith"?) (functions: all, ...'],
  },
  {
    mistake: 'a field that events do not have',
    file: condition('event.queue == "x"'),
    says: [`rules.yaml:3:72: event has no "queue" (did you mean "queueId"?) (allowed: ${EVENT_FIELDS})`],
  },
  {
    mistake: 'a field without its event',
    file: condition('mediaType == "VOICE"'),
    says: ['rules.yaml:3:72: unknown variable "mediaType" (allowed: event)'],
  },
  {
    mistake: 'the live conversation in when.if',
    file: condition('conversation.participants.size() > 2'),
    says: ['rules.yaml:3:72: "conversation" is not known in a condition (allowed: event); "onlyIf" of the rule can read it'],
  },
  {
    mistake: 'a medium in lower case',
    file: condition('event.mediaType == "voice"'),
    says: ['rules.yaml:3:91: event.mediaType is never known to be "voice" (did you mean "VOICE"?) (known: VOICE, CHAT, ...'],
    isWarning: true,
  },
  {
    mistake: 'a field that the topic never fills',
    file: condition('event.queueId == "x"'),
    says: [
      'rules.yaml:3:72: event.queueId is always null for the topics of this rule (it is filled by acd.start, acd.end, user.start, user.end, acw, wrapup; see docs/events.md)',
    ],
    isWarning: true,
  },
  {
    mistake: 'a misspelled field of a participant',
    file: doing('[{ setAttributes: { a: "${participant.attribute.x}" } }]'),
    says: ['rules.yaml:4:40: participants are not known to have "attribute" (did you mean "attributes"?)'],
    isWarning: true,
  },
  {
    mistake: 'a purpose that no participant has',
    file: rule(`{ topic: ${TOPIC} }`, `target: { purpose: costumer }\n    ${ACTIONS}`),
    says: [
      'rules.yaml:4:24: "costumer" is no purpose that participants are known to have (did you mean "customer"?) (known: customer, ...',
    ],
    isWarning: true,
  },
  {
    mistake: 'a misspelled action',
    file: doing('[{ setAttribute: { a: b } }]'),
    says: [
      `rules.yaml:4:15: exactly one of ${KINDS} is needed, found none`,
      `rules.yaml:4:17: unknown key "setAttribute" (did you mean "setAttributes"?) (allowed: ${KINDS})`,
    ],
  },
  {
    mistake: 'two actions in one element',
    file: doing('[{ setAttributes: { a: b }, transfer: { queueId: q } }]'),
    says: [
      `rules.yaml:4:15: exactly one of ${KINDS} is needed, found setAttributes and transfer; write each as an element of its own`,
    ],
  },
  {
    mistake: 'actions without a dash',
    file: doing('{ setAttributes: { a: b } }'),
    says: ['rules.yaml:4:14: expected a list, found a map; begin each element with "- "'],
  },
  {
    mistake: 'attributes that are not indented enough',
    file: doing('\n      - setAttributes:\n        a: b'),
    says: [
      'rules.yaml:5:23: expected a map, found nothing (null); indent the lines below it that belong to it',
      `rules.yaml:6:9: unknown key "a" (allowed: ${KINDS})`,
    ],
  },
  {
    mistake: 'a tab',
    file: 'rules:\n\t- name: a\n',
    says: ['rules.yaml:2:1: tabs are not allowed as indentation; use spaces'],
  },
  {
    mistake: 'a key twice',
    file: `rules:\n  - name: a\n    name: b\n    when: { topic: ${TOPIC} }\n    ${ACTIONS}\n`,
    says: ['rules.yaml:3:5: this key is there twice; remove one of them'],
  },
  {
    mistake: 'two destinations',
    file: doing('[{ transfer: { queueId: q, queueName: Support } }]'),
    says: [
      'rules.yaml:4:27: exactly one of queueId, queueName, userId, address, externalContactId is needed, found queueId and queueName',
    ],
  },
  {
    mistake: 'a wrap-up without its code',
    file: doing('[{ applyWrapup: { notes: x } }]'),
    says: ['rules.yaml:4:30: "code" is missing (expected a string)'],
  },
  {
    mistake: 'onlyIf inside of when',
    file: rule(`{ topic: ${TOPIC}, onlyIf: "true" }`),
    says: ['rules.yaml:3:68: unknown key "onlyIf" (it belongs to the rule, next to "when") (allowed: topic, if, maxAge)'],
  },
  {
    mistake: 'if outside of when',
    file: rule(`{ topic: ${TOPIC} }`, `if: event.mediaType == "VOICE"\n    ${ACTIONS}`),
    says: ['rules.yaml:4:5: unknown key "if" (it belongs into "when") (allowed: name, when, onlyIf, mode, target, actions)'],
  },
  {
    mistake: 'an age without a unit',
    file: rule(`{ topic: ${TOPIC}, maxAge: 15 }`),
    says: ['rules.yaml:3:76: expected a duration: a whole number and s, m, h or d (for example 30s, 15m, 24h, 7d)'],
  },
  {
    mistake: 'a name with spaces',
    file: rule(`{ topic: ${TOPIC} }`).replace('name: a', 'name: Tag Trace'),
    says: ['rules.yaml:2:11: expected a name in kebab-case (for example tag-trace)'],
  },
  {
    mistake: 'a name twice',
    file: `${rule(`{ topic: ${TOPIC} }`)}${rule(`{ topic: ${TOPIC} }`).replace('rules:\n', '')}`,
    says: ['rules.yaml:5:11: the name "a" is taken by an earlier rule'],
  },
  {
    mistake: 'a target that is a text',
    file: rule(`{ topic: ${TOPIC} }`, `target: customer\n    ${ACTIONS}`),
    says: ['rules.yaml:4:13: expected a map, found a string'],
  },
  {
    mistake: 'a mode of another program',
    file: rule(`{ topic: ${TOPIC} }`, `mode: dry-run\n    ${ACTIONS}`),
    says: ['rules.yaml:4:11: expected one of "live", "shadow"'],
  },
  {
    mistake: 'an empty file',
    file: '',
    says: ['rules.yaml:1:1: "rules" is missing (expected a list)'],
  },
];

const SECRETS =
  'comma-separated secrets of at least 16 bytes each, none of them a placeholder; `openssl rand -base64 32` makes one';
const REDIS =
  'redis://host:port[/database], a comma-separated list of the nodes of a Redis Cluster (database 0 only), or redis+sentinel://host:port,host:port/NAME; rediss for TLS; no parameters, and % written as %25';

export const ENVIRONMENT_MISTAKES: readonly EnvironmentMistake[] = [
  {
    mistake: 'a variable in the singular',
    env: { WEBHOOK_SECRETS: undefined, WEBHOOK_SECRET: 'a-long-random-secret-of-mine' },
    says: [`WEBHOOK_SECRETS: found nothing but WEBHOOK_SECRET (did you mean WEBHOOK_SECRETS?), expected ${SECRETS}`],
  },
  {
    mistake: 'the placeholder of .env.example',
    env: { WEBHOOK_SECRETS: 'change-me-to-a-long-random-secret' },
    says: [`WEBHOOK_SECRETS: found ****** (masked), expected ${SECRETS}`],
  },
  {
    mistake: 'a short secret',
    env: { WEBHOOK_SECRETS: 'short' },
    says: [`WEBHOOK_SECRETS: found ****** (masked), expected ${SECRETS}`],
  },
  {
    mistake: 'a secret both ways',
    env: { WEBHOOK_SECRETS_FILE: '/run/secrets/webhook' },
    says: ['WEBHOOK_SECRETS: found both WEBHOOK_SECRETS and WEBHOOK_SECRETS_FILE, expected only one of them'],
  },
  {
    mistake: 'a secret in a file that is not there',
    env: { WEBHOOK_SECRETS: undefined, WEBHOOK_SECRETS_FILE: '/nowhere/secret' },
    says: [`WEBHOOK_SECRETS_FILE: found "/nowhere/secret" (ENOENT), expected a readable file that holds ${SECRETS}`],
  },
  {
    mistake: 'Redis without its scheme',
    env: { REDIS_URL: 'localhost:6379' },
    says: [`REDIS_URL: found "localhost:6379" (did you mean redis://localhost:6379?), expected ${REDIS}`],
  },
  { mistake: 'no Redis', env: { REDIS_URL: undefined }, says: [`REDIS_URL: found nothing, expected ${REDIS}`] },
  {
    mistake: 'a region that is cut off',
    env: { GENESYS_REGION: 'eu-central' },
    says: ['GENESYS_REGION: found "eu-central" (did you mean eu-central-1?), expected one of us-east-1 (mypurecloud.com), ...'],
  },
  {
    mistake: 'the address of the login page as the region',
    env: { GENESYS_REGION: 'https://login.mypurecloud.de' },
    says: ['GENESYS_REGION: found "https://login.mypurecloud.de" (did you mean mypurecloud.de?), expected one of ...'],
  },
  {
    mistake: 'a domain with a typo',
    env: { GENESYS_REGION: 'mypurecloud.con' },
    says: ['GENESYS_REGION: found "mypurecloud.con" (did you mean mypurecloud.com?), expected one of ...'],
  },
  { mistake: 'a port that is a word', env: { PORT: 'http' }, says: ['PORT: found "http", expected a port from 0 to 65535'] },
  {
    mistake: 'a log level of another program',
    env: { LOG_LEVEL: 'verbose' },
    says: ['LOG_LEVEL: found "verbose", expected "fatal", "error", "warn", "info", "debug", "trace" or "silent"'],
  },
  {
    mistake: 'a misspelled optional variable',
    env: { GENESYS_RATE_PER_MINUT: '100' },
    says: ['GENESYS_RATE_PER_MINUT is not a setting and is ignored; did you mean GENESYS_RATE_PER_MINUTE?'],
    isWarning: true,
  },
  {
    mistake: 'fewer secrets than clients',
    env: { GENESYS_CLIENT_ID: 'one,two' },
    says: [
      'GENESYS_CLIENT_SECRET: found 1 secrets for 2 ids, expected the secret of the OAuth client, or as many comma-separated secrets as GENESYS_CLIENT_ID has ids; no placeholder',
    ],
  },
  {
    mistake: 'a source with nothing to fetch',
    env: { ROLE: 'source' },
    says: ['GENESYS_NOTIFICATIONS: found "off", expected "queues" or a list, because ROLE is "source"'],
  },
];

import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseDelivery } from '../../../src/envelopes/parse-delivery.ts';
import { AWS_REQUIRED, AWS_SCHEMAS } from './aws-provider-schemas.ts';
import { REQUIRED, SCHEMAS } from './genesys-provider-schemas.ts';
import { readText } from './read-deploy-file.ts';

interface Argument {
  /** The resource type, and the block in it. */
  readonly where: string;
  readonly resource: string;
  readonly name: string;
  /** The first line of the value; `null` for a block. */
  readonly value: string | null;
}

/** Terraform's own, in every resource. */
const META_ARGUMENTS = new Set(['count', 'for_each', 'depends_on', 'provider', 'lifecycle']);

/**
 * The arguments of every resource: files formatted as `terraform fmt` does have one a line, indented by two spaces a level. What stands
 * inside of a value (a map, a call) is deeper or below a line that opens one.
 */
function argumentsOf(text: string): Argument[] {
  const found: Argument[] = [];
  let resource: { readonly type: string; readonly name: string } | null = null;
  const open: { readonly name: string; readonly isBlock: boolean }[] = [];
  for (const line of text.split('\n')) {
    const head = /^resource "(\w+)" "(\w+)" \{$/.exec(line);
    if (head) resource = { type: head[1] ?? '', name: head[2] ?? '' };
    else if (resource !== null && open.every(({ isBlock }) => isBlock)) {
      const block = /^ +(?:dynamic "(\w+)"|(\w+)) \{$/.exec(line);
      const argument = /^ +(\w+) += (.*)$/.exec(line);
      // A dynamic block's own arguments are in its "content".
      const blocks = open.map(({ name }) => name).filter((name) => name !== 'content');
      const where = [resource.type, ...blocks].join('.');
      const isDynamicHead = open.at(-1)?.name !== 'content' && open.length > 0 && argument?.[1] === 'for_each';
      if (block && block[2] !== 'content')
        found.push({ where, resource: resource.name, name: block[1] ?? block[2] ?? '', value: null });
      if (argument && !isDynamicHead)
        found.push({ where, resource: resource.name, name: argument[1] ?? '', value: argument[2] ?? '' });
      if (block) open.push({ name: block[1] ?? block[2] ?? '', isBlock: true });
      else if (/[{([]$/.test(line)) open.push({ name: '', isBlock: false });
      else if (/^ *\}$/.test(line) && open.length > 0) open.pop();
      else if (line === '}') resource = null;
    } else if (resource !== null) {
      if (/^ *[})\]]+,?$/.test(line)) open.pop();
      else if (/[{([]$/.test(line)) open.push({ name: '', isBlock: false });
    }
  }
  return found;
}

const TOPIC = 'v2.detail.events.conversation.{id}.user.start';

/** As far as a test looks into Architect's YAML. */
interface Workflow {
  readonly variables: readonly { readonly stringVariable: { readonly name: string; readonly isInput: boolean } }[];
  readonly states: readonly [{ readonly state: { readonly actions: readonly [{ readonly callData: CallData }] } }];
}

interface CallData {
  readonly category: {
    readonly category: {
      readonly dataAction: {
        readonly action: { readonly inputs: Readonly<Record<string, { readonly exp?: string; readonly lit?: string }>> };
      };
    };
  };
}

const text = readText('deploy/terraform/genesys/main.tf');
const workflow = readText('deploy/terraform/genesys/send-event.yaml');
const argumentsIn = (file: string) =>
  argumentsOf(readText(`deploy/terraform/${file}`)).filter(
    ({ name, where }) => !(META_ARGUMENTS.has(name) && !where.includes('.')),
  );
const found = argumentsIn('genesys/main.tf');

describe('the Terraform of the Genesys half', () => {
  test('has the resources that it is to have', () => {
    expect([...new Set(found.map(({ where, resource }) => `${where.split('.')[0]} ${resource}`))].sort()).toEqual([
      'genesyscloud_auth_role hookpatch',
      'genesyscloud_flow send_event',
      'genesyscloud_integration data_actions',
      'genesyscloud_integration eventbridge',
      'genesyscloud_integration_action send_event',
      'genesyscloud_integration_action trace_context',
      'genesyscloud_integration_credential api_key',
      'genesyscloud_oauth_client hookpatch',
      'genesyscloud_processautomation_trigger event',
    ]);
  });

  test('gives the role no permission that nothing needs', () => {
    const entry = /domain = "(\w+)", entity = "(\w+)", actions = \["(\w+)"\], wanted = (\S+) \}/g;
    expect(
      [...text.matchAll(entry)].map(([, domain, entity, action, wanted]) => `${domain}:${entity}:${action} ${wanted}`),
    ).toEqual([
      'conversation:communication:view true',
      'conversation:communication:blindTransfer var.allow_transfers',
      'conversation:participant:wrapup true',
      'routing:queue:view true',
      'routing:wrapupCode:view true',
      'analytics:conversationDetail:view var.notifications',
    ]);
  });

  test('gives the workflow what its file asks for, and no more', () => {
    const given = /substitutions = \{\n(.*?)\n {2}\}/s.exec(text)?.[1] ?? '';
    const names = [...given.matchAll(/^ +(\w+) +=/gm)].map(([, name]) => name);
    const asked = new Set([...workflow.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name));
    expect(names.sort()).toEqual([...asked].sort());
  });

  test('sends what the trigger gives: the data action takes each input of the workflow, and hookpatch reads the event', () => {
    const filled = workflow.replace(/\{\{(\w+)\}\}/g, (_, name) => (name === 'topic' ? TOPIC : String(name)));
    const { variables, states } = (parse(filled) as { workflow: Workflow }).workflow;
    const { inputs } = states[0].state.actions[0].callData.category.category.dataAction.action;
    const own = variables.map(({ stringVariable }) => stringVariable);
    expect(own.every(({ name, isInput }) => isInput && inputs[name.replace('Flow.', '')]?.exp === name)).toBe(true);
    const taken = /"send_event" \{.*?properties = \{\n(.*?)\n {4}\}/s.exec(text)?.[1] ?? '';
    expect([...taken.matchAll(/^ +(\w+) +=/gm)].map(([, name]) => name).sort()).toEqual(Object.keys(inputs).sort());
    // As the data action sends it: the inputs that are set, as JSON.
    const sent = Object.entries(inputs).map(([name, { lit, exp }]) => [name, lit ?? exp]);
    const [event] = parseDelivery(Buffer.from(JSON.stringify(Object.fromEntries(sent))), { receivedAt: 0, deliveryKey: null });
    expect(event).toMatchObject({
      topic: TOPIC,
      conversationId: 'Flow.conversationId',
      participantId: 'Flow.participantId',
      communicationId: 'Flow.sessionId',
      userId: 'Flow.userId',
      queueId: 'Flow.queueId',
      mediaType: expect.stringMatching(/^flow\.mediatype$/i),
      ani: 'Flow.ani',
    });
  });

  test('declares every variable that it uses, and uses every one that it declares', () => {
    const declared = [...readText('deploy/terraform/genesys/variables.tf').matchAll(/^variable "(\w+)"/gm)].map(
      ([, name]) => name,
    );
    const used = new Set([...text.matchAll(/\bvar\.(\w+)/g)].map(([, name]) => name));
    expect([...used].sort()).toEqual(declared.sort());
  });
});

describe.each([
  ['the Genesys half', found, SCHEMAS, REQUIRED],
  ['the AWS half', argumentsIn('main.tf'), AWS_SCHEMAS, AWS_REQUIRED],
])('the Terraform of %s', (_half, used, schemas, required) => {
  test('uses only arguments that the provider has, each with a value of its type', () => {
    const wrong = used.filter(({ where, name, value }) => {
      const type = schemas[where]?.[name];
      return type === undefined || !fits(type, value);
    });
    expect(wrong).toEqual([]);
  });

  test('gives every argument that the provider requires', () => {
    const given = new Map<string, Set<string>>();
    for (const { where, resource, name } of used) {
      const key = `${where} ${resource}`;
      given.set(key, (given.get(key) ?? new Set()).add(name));
    }
    for (const [key, names] of given) {
      const [where = ''] = key.split(' ');
      expect(required[where], key).toBeDefined();
      expect(
        (required[where] ?? []).filter((name) => !names.has(name)),
        key,
      ).toEqual([]);
    }
  });
});

/** An expression (`var.x`, `local.x`, a reference) may be of any type; a literal tells its own. */
function fits(type: string, value: string | null): boolean {
  if (value === null) return type === 'block';
  if (/^(var|local|each|roles|permission_policies|genesyscloud_\w+|aws_\w+|data|dead_letter_config)\./.test(value))
    return type !== 'block';
  if (/^".*"$/.test(value) || /^(jsonencode|filesha256)\(/.test(value)) return type === 'string';
  if (/^\d+$/.test(value)) return type === 'number';
  if (/^(true|false)$/.test(value)) return type === 'bool';
  if (value.startsWith('{')) return type === 'map';
  return value.startsWith('[') && type === 'set';
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { SHUTDOWN_LIMIT_MS } from '../../src/lifecycle/shutdown.ts';
import { readYaml } from '../unit/deploy/read-deploy-file.ts';
import { CHART, type Manifest, renderChart, type Values } from './render-chart.ts';
import { validateManifest } from './validate-manifest.ts';

const RENDER_MS = 300_000;
const ROLES = ['receiver', 'worker', 'source'];

/** Everything that a value can switch on or off. */
const SWITCHES: readonly ((isOn: boolean) => Values)[] = [
  ...ROLES.map((role) => (enabled: boolean) => ({ [role]: { enabled } })),
  (enabled) => ({ receiver: { autoscaling: { enabled, deliveriesPerSecond: 50 } } }),
  (enabled) => ({ worker: { keda: { enabled } } }),
  (enabled) => ({ ingress: { enabled } }),
  (enabled) => ({ networkPolicy: { enabled } }),
  (enabled) => ({ podDisruptionBudget: { enabled } }),
  (enabled) => ({ serviceMonitor: { enabled } }),
  (enabled) => ({ prometheusRule: { enabled } }),
  (isOwn) => (isOwn ? { existingRulesConfigMap: 'my-rules' } : {}),
];

/** Values that are no switches, each other than its default. */
const EVERYTHING_SET: Values = {
  image: { repository: 'registry.example.com/hookpatch', tag: '1.2.3', pullPolicy: 'Always', pullSecrets: [{ name: 'pull' }] },
  existingSecret: 'my-secret',
  settings: { GENESYS_REGION: 'eu-west-1', JOB_ATTEMPTS: 4, GENESYS_TRACE_HEADERS: true },
  rules: 'rules: []\n',
  service: { type: 'LoadBalancer', port: 8443, annotations: { a: 'b' } },
  ingress: { enabled: true, className: 'nginx', annotations: { a: 'b' }, tls: [{ hosts: ['h'], secretName: 's' }] },
  networkPolicy: {
    enabled: true,
    deliveriesFrom: [{ namespaceSelector: { matchLabels: { a: 'b' } } }],
    scrapesFrom: [{ podSelector: { matchLabels: { a: 'b' } } }],
  },
  serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
  prometheusRule: { enabled: true, labels: { release: 'prometheus' } },
  podSecurityContext: { runAsUser: null, runAsGroup: null, fsGroup: null },
  podAnnotations: { a: 'b' },
  podLabels: { a: 'b' },
  extraEnv: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/ca/ca.pem' }],
  extraVolumes: [{ name: 'ca', configMap: { name: 'ca' } }],
  extraVolumeMounts: [{ name: 'ca', mountPath: '/ca' }],
  nodeSelector: { a: 'b' },
  tolerations: [{ key: 'a', operator: 'Exists' }],
  affinity: { nodeAffinity: {} },
  priorityClassName: 'high',
};

interface PodSpec {
  readonly terminationGracePeriodSeconds: number;
  readonly containers: readonly [Record<string, unknown> & { readonly env: readonly { name: string; value?: string }[] }];
}
interface DeploymentSpec {
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly template: { readonly metadata: { readonly labels: object }; readonly spec: PodSpec };
}

const specOf = (manifest: Manifest | undefined) => manifest?.spec as DeploymentSpec;
const find = (manifests: readonly Manifest[], kind: string, suffix: string) =>
  manifests.find((one) => one.kind === kind && one.metadata.name === `hookpatch${suffix}`);
const envValueOf = (manifests: readonly Manifest[], role: string, name: string) =>
  specOf(find(manifests, 'Deployment', `-${role}`)).template.spec.containers[0].env.find((one) => one.name === name)?.value;

function merge(left: Values, right: Values): Values {
  const both = Object.entries(right).map(([key, value]) => {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    return [key, isMap ? merge((left[key] ?? {}) as Values, value as Values) : value];
  });
  return { ...left, ...Object.fromEntries(both) };
}

/** The values of each combination: bit n of its number is switch n. */
const COMBINATIONS = Array.from({ length: 2 ** SWITCHES.length }, (_, number) =>
  SWITCHES.map((valuesFor, bit) => valuesFor(((number >> bit) & 1) === 1)).reduce(merge),
);

describe('the Helm chart', () => {
  let combinations: readonly (readonly Manifest[])[];
  let byDefault: readonly Manifest[];
  let everything: readonly Manifest[];
  beforeAll(async () => {
    const all = await renderChart([...COMBINATIONS, {}, merge({ source: { enabled: true } }, EVERYTHING_SET)]);
    combinations = all.slice(0, COMBINATIONS.length);
    [byDefault = [], everything = []] = all.slice(COMBINATIONS.length);
  }, RENDER_MS);

  it(
    `is valid in each of the ${COMBINATIONS.length} combinations, and with every other value set`,
    async () => {
      const manifests = new Set([...combinations, byDefault, everything].flat());
      expect(manifests.size).toBeGreaterThan(30);
      const faults = await Promise.all(
        [...manifests].map(async (one) =>
          (await validateManifest(one)).map((fault) => `${one.kind} ${one.metadata.name}: ${fault}`),
        ),
      );
      expect([...new Set(faults.flat())]).toEqual([]);
    },
    RENDER_MS,
  );

  it(
    'is judged by a validator that finds unknown fields and wrong types',
    async () => {
      const deployment = structuredClone(find(byDefault, 'Deployment', '-worker')) as Manifest;
      const { spec } = specOf(deployment).template;
      Object.assign(spec, { terminationGracePeriodSeconds: 'long', bogus: 1 });
      Object.assign(spec.containers[0].livenessProbe as object, { periodSecond: 3 });
      expect(await validateManifest(deployment)).toEqual([
        expect.stringMatching(/terminationGracePeriodSeconds type/),
        expect.stringMatching(/livenessProbe\/periodSecond is no field/),
        expect.stringMatching(/bogus is no field/),
      ]);
    },
    RENDER_MS,
  );

  it('has exactly the objects that are switched on, each once, and refers to no other', () => {
    for (const [number, manifests] of combinations.entries()) {
      const isOn = (bit: number) => ((number >> bit) & 1) === 1;
      const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      expect(new Set(names).size).toBe(names.length);
      const expected = ROLES.filter((_, bit) => isOn(bit)).map((role) => `Deployment hookpatch-${role}`);
      expect(names.filter((name) => name.startsWith('Deployment'))).toEqual(expect.arrayContaining(expected));
      expect(names.filter((name) => name.startsWith('Deployment'))).toHaveLength(expected.length);
      expect(names.includes('HorizontalPodAutoscaler hookpatch-receiver')).toBe(isOn(0) && isOn(3));
      expect(names.includes('ScaledObject hookpatch-worker')).toBe(isOn(1) && isOn(4));
      expect(names.includes('Ingress hookpatch')).toBe(isOn(0) && isOn(5));
      expect(names.includes('PrometheusRule hookpatch')).toBe(isOn(9));
    }
  });

  it('selects by name, release and component, and so no pod of another application', () => {
    const own = { 'app.kubernetes.io/name': 'hookpatch', 'app.kubernetes.io/instance': 'release' };
    for (const role of ROLES) {
      const { selector, template } = specOf(find(everything, 'Deployment', `-${role}`));
      expect(selector.matchLabels).toEqual({ ...own, 'app.kubernetes.io/component': role });
      expect(template.metadata.labels).toMatchObject(selector.matchLabels);
      expect(find(everything, 'PodDisruptionBudget', `-${role}`)?.spec).toMatchObject({ selector });
    }
    const service = find(everything, 'Service', '')?.spec;
    expect(service).toMatchObject({ selector: { ...own, 'app.kubernetes.io/component': 'receiver' } });
  });

  it('hardens every pod, and gives it the time that a shutdown takes', () => {
    for (const role of ROLES) {
      const { spec } = specOf(find(everything, 'Deployment', `-${role}`)).template;
      expect(spec).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      expect(spec.containers[0]).toMatchObject({
        terminationMessagePolicy: 'FallbackToLogsOnError',
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
      });
      expect(spec.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(SHUTDOWN_LIMIT_MS);
    }
  });

  it('gives a pod the secrets of its role only', () => {
    const secretsOf = (role: string) =>
      specOf(find(everything, 'Deployment', `-${role}`))
        .template.spec.containers[0].env.filter((one) => 'valueFrom' in one)
        .map(({ name }) => name);
    const shared = ['REDIS_URL', 'ADMIN_TOKEN'];
    expect(secretsOf('receiver')).toEqual([...shared, 'WEBHOOK_SECRETS', 'WEBHOOK_API_KEYS']);
    expect(secretsOf('worker')).toEqual([...shared, 'GENESYS_CLIENT_ID', 'GENESYS_CLIENT_SECRET']);
    expect(secretsOf('source')).toEqual([...shared, 'GENESYS_CLIENT_ID', 'GENESYS_CLIENT_SECRET']);
  });

  it('keeps the sum of the workers within the budget, also scaled out and during a rollout', () => {
    expect(envValueOf(byDefault, 'worker', 'GENESYS_RATE_PER_MINUTE')).toBe('140');
    const scaled = combinations[0b10010] ?? [];
    expect(envValueOf(scaled, 'worker', 'GENESYS_RATE_PER_MINUTE')).toBe('70');
    expect(specOf(find(scaled, 'Deployment', '-worker'))).toMatchObject({ strategy: { rollingUpdate: { maxSurge: 0 } } });
  });

  it('does not let an outage of Genesys make workers unready', () => {
    const probeOf = (role: string) =>
      specOf(find(everything, 'Deployment', `-${role}`)).template.spec.containers[0].readinessProbe;
    expect(probeOf('receiver')).toMatchObject({ httpGet: { path: '/readyz', port: 'admin' } });
    for (const role of ['worker', 'source']) expect(probeOf(role)).toMatchObject({ httpGet: { path: '/healthz' } });
  });

  it('has the alerts of deploy/prometheus, and the version of package.json', () => {
    expect(find(everything, 'PrometheusRule', '')?.spec).toEqual(readYaml('deploy/prometheus/alerts.yaml'));
    const chart = readYaml<{ version: string; appVersion: string }>('deploy/helm/hookpatch/Chart.yaml');
    expect([chart.version, chart.appVersion]).toEqual([packageJson.version, packageJson.version]);
  });

  it('passes helm lint', async () => {
    await promisify(execFile)('helm', ['lint', '--strict', CHART]);
  });
});

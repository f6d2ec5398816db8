import { globSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { SHUTDOWN_LIMIT_MS } from '../../../src/lifecycle/shutdown.ts';
import { readText, readYaml, readYamlDocuments } from './read-deploy-file.ts';

const root = join(import.meta.dirname, '../../..');

interface ComposeService {
  readonly image: string;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly read_only: boolean;
  readonly privileged?: boolean;
  readonly ports?: readonly string[];
  readonly profiles?: readonly string[];
  readonly volumes?: readonly string[];
  readonly command?: readonly string[];
  readonly stop_grace_period?: string;
}
interface PodSpec {
  readonly automountServiceAccountToken: boolean;
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: object;
  readonly containers: readonly Record<string, unknown>[];
}
interface Manifest {
  readonly kind: string;
  readonly spec: { readonly template: { readonly spec: PodSpec } };
}

describe('docker-compose.yml', () => {
  const { services } = readYaml<{ services: Record<string, ComposeService> }>('docker-compose.yml');
  const named = Object.entries(services);

  it.each(named)('runs %s without capabilities, on a read-only file system, without new privileges', (_name, service) => {
    expect(service).toMatchObject({ cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'], read_only: true });
    expect(service.privileged).toBeUndefined();
  });

  it.each(named)('publishes ports of %s on loopback only', (_name, { ports = [] }) => {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it.each(named)('pins the image of %s', (_name, { image }) => {
    expect(image).toMatch(/^hookpatch(-simulator)?$|:v?\d+\.\d+/);
  });

  it.each(named)('mounts into %s only files of this repository that exist', (_name, { volumes = [] }) => {
    const own = volumes
      .map((volume) => volume.split(':')[0] ?? '')
      .filter((path) => path.startsWith('./') && path !== './rules.yaml');
    for (const path of own) expect(globSync(path, { cwd: root })).toEqual([path.slice(2)]);
  });

  it.each(['demo', 'live'])('gives %s the time that a shutdown takes', (name) => {
    const seconds = Number(/^(\d+)s$/.exec(services[name]?.stop_grace_period ?? '')?.[1]);
    expect(seconds * 1_000).toBeGreaterThan(SHUTDOWN_LIMIT_MS);
  });

  it('keeps what Redis has accepted', () => {
    expect(services.redis?.command?.join(' ')).toMatch(/--appendonly yes .*--maxmemory-policy noeviction/);
  });

  it('is a whole demo with the profile demo', () => {
    const started = named.filter(([, { profiles = ['demo'] }]) => profiles.includes('demo')).map(([name]) => name);
    expect(started.sort()).toEqual(['calls', 'demo', 'grafana', 'jaeger', 'otel-collector', 'prometheus', 'redis', 'simulator']);
  });
});

describe('Dockerfile', () => {
  const dockerfile = readText('Dockerfile');
  const stages = new Map(
    dockerfile
      .split(/^FROM /m)
      .slice(1)
      .map((stage) => [/ AS (\w+)/.exec(stage)?.[1] ?? '', stage]),
  );

  it('has a stage for the service, the last one, and one for the simulator', () => {
    expect([...stages.keys()]).toEqual(['dependencies', 'runtime', 'simulator', 'service']);
  });

  it('runs on the Node release that package.json asks for, pinned', () => {
    const version = /^ARG NODE_VERSION=(\d+\.\d+\.\d+)$/m.exec(dockerfile)?.[1] ?? '';
    expect(`^${version.split('.')[0]}`).toBe(`^${packageJson.devDependencies.node.slice(1).split('.')[0]}`);
  });

  it('installs no development dependency, runs no install script and no build', () => {
    expect(stages.get('dependencies')).toContain('npm ci --omit=dev --ignore-scripts');
    expect(dockerfile.match(/^RUN /gm)).toHaveLength(1);
  });

  it('runs as the user node, with a health check and commands in exec form', () => {
    expect(stages.get('runtime')).toMatch(/^USER node$/m);
    for (const name of ['simulator', 'service']) {
      expect(stages.get(name)).toMatch(/^HEALTHCHECK .* CMD \["node", /m);
      expect(stages.get(name)).toMatch(/^CMD \["node", /m);
      expect(stages.get(name)).not.toMatch(/^USER /m);
    }
  });

  it('starts the service as npm start does', () => {
    const command = JSON.parse(/^CMD (\[.*\])$/m.exec(stages.get('service') ?? '')?.[1] ?? '[]') as string[];
    expect(command.join(' ')).toBe(packageJson.scripts.start.replace(/^exec /, ''));
  });

  it('copies nothing that .dockerignore keeps out', () => {
    const allowed = readText('.dockerignore').match(/(?<=^!).+/gm) ?? [];
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = '']) => paths.split(' '));
    expect(allowed).toEqual(expect.arrayContaining(copied));
  });
});

describe('the code in the images', () => {
  it('imports no package that is not installed there', () => {
    const installed = Object.keys(packageJson.dependencies);
    const missing = ['src', 'simulator'].flatMap(packagesImportedBy).filter((name) => !installed.includes(name));
    expect(missing).toEqual([]);
  });

  it('of the simulator imports nothing of the service', () => {
    const outside = globSync('simulator/**/*.ts', { cwd: root }).filter((file) =>
      /from '(\.\.\/)+(src|harness|test|demo)\//.test(readText(file)),
    );
    expect(outside).toEqual([]);
  });
});

/** Imports of types are not counted: Node drops them. */
function packagesImportedBy(folder: string): string[] {
  const modules = globSync(`${folder}/**/*.ts`, { cwd: root }).flatMap((file) => [
    ...readText(file).matchAll(/^(?:import|export) (?!type )[^;]*?from '([^'.][^']*)'|\bimport\('([^'.][^']*)'\)/gm),
  ]);
  const names = modules.map((match) => match[1] ?? match[2] ?? '').filter((name) => !name.startsWith('node:'));
  return [...new Set(names.map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/')))];
}

describe.each(['receiver', 'worker'])('the Kubernetes deployment of the %s', (role) => {
  const documents = readYamlDocuments<Manifest>(`deploy/kubernetes/${role}.yaml`);
  const pod = documents.find(({ kind }) => kind === 'Deployment')?.spec.template.spec;

  it('is not root, has no capability, a read-only file system and no token of the cluster', () => {
    expect(pod?.automountServiceAccountToken).toBe(false);
    expect(pod?.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(pod?.containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('has the time that a shutdown takes', () => {
    expect((pod?.terminationGracePeriodSeconds ?? 0) * 1_000).toBeGreaterThan(SHUTDOWN_LIMIT_MS);
  });

  it('has all three probes and a disruption budget', () => {
    expect(pod?.containers[0]).toMatchObject({
      startupProbe: { httpGet: { path: '/healthz' } },
      livenessProbe: { httpGet: { path: '/healthz' } },
      readinessProbe: { httpGet: { path: '/readyz' } },
    });
    expect(documents.map(({ kind }) => kind)).toContain('PodDisruptionBudget');
  });
});

describe('every deployment file', () => {
  const files = globSync('deploy/**/*.{yaml,json,tf,mjs}', { cwd: root });

  it.each(files.filter((file) => file.endsWith('.yaml')))('%s is YAML', (file) => {
    expect(readYamlDocuments(file)).not.toEqual([]);
  });

  it.each(files.filter((file) => !file.endsWith('.mjs')))('%s says that it was not run', (file) => {
    expect(readText(file)).toMatch(/not run here/i);
  });
});

import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { loadConfig } from '../../../src/config/environment.ts';
import { SHUTDOWN_LIMIT_MS } from '../../../src/lifecycle/shutdown.ts';
import { importsBelow } from '../house/imports.ts';
import { readText, readYaml, readYamlDocuments } from './read-deploy-file.ts';

const root = join(import.meta.dirname, '../../..');

interface ComposeService {
  readonly image?: string;
  readonly extends?: { readonly file: string; readonly service: string };
  readonly profiles?: readonly string[];
  readonly privileged?: boolean;
  readonly ports?: readonly string[];
  readonly volumes?: readonly (string | { readonly source: string })[];
  readonly networks?: object;
  readonly command?: readonly string[];
  readonly stop_grace_period?: string;
  readonly environment?: Readonly<Record<string, string>>;
}
const COMPOSE_FILES = ['docker-compose.yml', 'docker-compose.service.yml', 'deploy/compose-observability.yml'];

describe('the Compose files', () => {
  const servicesOf = (file: string) => Object.entries(readYaml<{ services: Record<string, ComposeService> }>(file).services);
  const all = COMPOSE_FILES.flatMap((file) => servicesOf(file).map(([name, service]) => [file, name, service] as const));
  const own = all.filter(([, , service]) => service.extends === undefined);
  const ofProfile = (profile: string) =>
    servicesOf('docker-compose.yml').filter(([, { profiles }]) => profiles?.includes(profile));

  it.each(own)('%s runs %s without capabilities, on a read-only file system, without new privileges', (_file, _name, service) => {
    expect(service).toMatchObject({ cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'], read_only: true });
    expect(service.privileged).toBeUndefined();
  });

  it.each(all)('%s publishes ports of %s on loopback only', (_file, _name, { ports = [] }) => {
    for (const port of ports) expect(port).toMatch(/^(127\.0\.0\.1|\$\{HOST:-127\.0\.0\.1\}):/);
  });

  it.each(own)('%s pins the image of %s', (_file, _name, { image }) => {
    expect(image).toMatch(/^hookpatch(-simulator)?$|:v?\d+\.\d+/);
  });

  it.each(all)('%s mounts into %s only files of this repository that exist', (file, _name, { volumes = [] }) => {
    const sources = volumes.map((volume) => (typeof volume === 'string' ? (volume.split(':')[0] ?? '') : volume.source));
    const paths = sources.filter((path) => path.startsWith('./') && path !== './rules').map((path) => path.slice(2));
    for (const path of paths) expect(globSync(path, { cwd: join(root, dirname(file)) })).toEqual([path]);
  });

  it('gives the service the time that a shutdown takes', () => {
    const service = own.find(([, name]) => name === 'hookpatch')?.[2];
    const seconds = Number(/^(\d+)s$/.exec(service?.stop_grace_period ?? '')?.[1]);
    expect(seconds * 1_000).toBeGreaterThan(SHUTDOWN_LIMIT_MS);
  });

  it('starts the demo with settings that the service takes', () => {
    const environment = ofProfile('demo').find(([name]) => name === 'demo')?.[1].environment;
    expect(loadConfig(environment)).toMatchObject({ ok: true, warnings: [] });
  });

  it('keeps what Redis has accepted', () => {
    const redis = own.find(([, name]) => name === 'redis')?.[2];
    expect(redis?.command?.join(' ')).toMatch(/--appendonly yes .*--maxmemory-policy noeviction/);
  });

  it.each([
    ['live', ['live', 'live-grafana', 'live-jaeger', 'live-otel-collector', 'live-prometheus', 'live-redis']],
    [
      'demo',
      ['calls', 'demo', 'demo-grafana', 'demo-jaeger', 'demo-otel-collector', 'demo-prometheus', 'demo-redis', 'simulator'],
    ],
  ])('have a whole profile %s that shares no service, network or volume with the other', (profile, expected) => {
    const services = ofProfile(profile);
    expect(services.map(([name]) => name).sort()).toEqual(expected);
    for (const [, { profiles, networks = {}, volumes = [] }] of services) {
      expect(profiles).toEqual([profile]);
      expect(Array.isArray(networks) ? networks : Object.keys(networks)).toEqual([profile]);
      const named = volumes.filter((volume) => typeof volume === 'string' && !volume.startsWith('./'));
      for (const volume of named) expect(volume).toMatch(new RegExp(`^${profile}-`));
    }
  });
});

/** By name, in order. */
function stagesOf(dockerfile: string): Map<string, string> {
  const texts = dockerfile.split(/^FROM /m).slice(1);
  return new Map(texts.map((stage) => [/ AS (\w+)/.exec(stage)?.[1] ?? '', stage]));
}

describe('Dockerfile', () => {
  const dockerfile = readText('Dockerfile');
  const stages = stagesOf(dockerfile);

  it('has a stage for the service, the last one, and one for the simulator', () => {
    expect([...stages.keys()]).toEqual(['dependencies', 'runtime', 'simulator', 'service']);
  });

  it('runs on the Node release that package.json asks for, pinned', () => {
    const version = /^ARG NODE_VERSION=(\d+\.\d+\.\d+)$/m.exec(dockerfile)?.[1] ?? '';
    expect(`^${version.split('.')[0]}`).toBe(`^${packageJson.devDependencies.node.slice(1).split('.')[0]}`);
  });

  it('installs no development dependency, runs no install script and no build', () => {
    expect(stages.get('dependencies')).toContain('npm ci --omit=dev --omit=optional --ignore-scripts');
    expect(dockerfile.match(/^RUN /gm)).toHaveLength(1);
  });

  it('runs as a user with a number, with a health check and commands in exec form', () => {
    expect(stages.get('runtime')).toMatch(/^USER 1000:1000$/m);
    for (const name of ['simulator', 'service']) {
      expect(stages.get(name)).toMatch(/^HEALTHCHECK .*--start-interval=1s .*CMD \["/m);
      expect(stages.get(name)).toMatch(/^CMD \["/m);
      expect(stages.get(name)).not.toMatch(/^USER /m);
    }
  });

  it('sets the mode of everything that comes from the checkout', () => {
    const copied = dockerfile.match(/^COPY (?!--from|package\.json package-lock\.json).*$/gm) ?? [];
    expect(copied.filter((line) => !line.startsWith('COPY --chmod=755 '))).toEqual([]);
  });

  it('asks no registry for a Dockerfile frontend', () => {
    expect(dockerfile).not.toMatch(/^#\s*syntax\s*=/im);
  });

  it('has the version of package.json', () => {
    expect(dockerfile).toMatch(new RegExp(`^ARG VERSION=${packageJson.version}$`, 'm'));
  });

  it('copies nothing that .dockerignore keeps out', () => {
    const allowed = readText('.dockerignore').match(/(?<=^!).+/gm) ?? [];
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(?:--chmod=755 )?(.+) \S+$/gm)].flatMap(([, paths = '']) =>
      paths.split(' '),
    );
    for (const path of copied) expect(allowed.some((entry) => path === entry || path.startsWith(`${entry}/`))).toBe(true);
  });
});

/** Whether a file of the checkout gets into the service's image; of .dockerignore, the patterns after its last exception count. */
function isInImage(file: string, stage: string): boolean {
  const copied = [...stage.matchAll(/^COPY --chmod=755 (.+) \S+$/gm)].flatMap(([, paths = '']) => paths.split(' '));
  const ignored = (readText('.dockerignore').match(/^(?![!#*]).+$/gm) ?? []).map(
    (pattern) => new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}(/|$)`),
  );
  const isCopied = copied.some((path) => file === path || file.startsWith(`${path}/`));
  return isCopied && !ignored.some((pattern) => pattern.test(file));
}

it('the image holds everything that its commands import', () => {
  const stages = stagesOf(readText('Dockerfile'));
  const stage = `${stages.get('runtime')}${stages.get('service')}`;
  const imports = ['src', 'scripts', 'harness', 'simulator'].flatMap(importsBelow).filter(({ typeOnly }) => !typeOnly);
  const present = imports.filter(({ from }) => isInImage(from, stage));
  expect(present.map(({ from }) => from)).toEqual(expect.arrayContaining(['scripts/rules-test.ts', 'scripts/why.ts']));
  expect(present.filter(({ to }) => !isInImage(to, stage))).toEqual([]);
});

describe('the entry of the image', () => {
  const entry = readText('deploy/image/hookpatch');

  it('starts the service as npm start does, but without a file .env, and without a cache that a container would lose', () => {
    const started = / --import .*/.exec(entry)?.[0].replaceAll('"$app/', './').replaceAll('"', '');
    const byNpm = packageJson.scripts.start
      .replace('NODE_COMPILE_CACHE=.cache/compiled ', '')
      .replace(' --env-file-if-exists=.env', '')
      .replace(' src/', ' ./src/');
    expect(`exec node${started}`).toBe(byNpm);
  });

  it('lets the heap follow the memory of the container', () => {
    expect(entry).toContain('--max-old-space-size-percentage=50');
    expect(entry).toContain('--max-semi-space-size=16');
    expect(readText('harness/memory-group.ts')).toContain('--max-semi-space-size=16');
  });
});

describe('the code in the images', () => {
  const ignored = readText('.dockerignore').match(/^scripts\/.+/gm) ?? [];
  const scripts = globSync('scripts/*.ts', { cwd: root, exclude: ignored });

  it.each([
    ['service', ['src/main.ts', 'src/telemetry/register.ts', ...scripts]],
    ['simulator', ['simulator/main.ts']],
  ])('of the %s imports only what is there', (stage, entries) => {
    const copied = copiedInto(stage);
    const { files, packages } = importedBy(entries);
    const isCopied = (file: string) => copied.some((path) => file === path || file.startsWith(`${path}/`));
    expect([...files].filter((file) => !isCopied(file))).toEqual([]);
    expect([...packages].filter((name) => !(name in packageJson.dependencies))).toEqual([]);
  });
});

/** Files and folders of the checkout. */
function copiedInto(stage: string): string[] {
  const lines = [...stagesOf(readText('Dockerfile'))].filter(([name]) => name === stage || name === 'runtime');
  const copies = lines.flatMap(([, text]) => [...text.matchAll(/^COPY --chmod=755 (.+) \S+$/gm)]);
  return copies.flatMap(([, paths = '']) => paths.split(' '));
}

/** Everything that is loaded with `entries`. Imports of types are not counted: Node drops them. */
function importedBy(entries: readonly string[]): { files: Set<string>; packages: Set<string> } {
  const files = new Set(entries);
  const packages = new Set<string>();
  for (const file of files) {
    if (!file.endsWith('.ts')) continue;
    const statements = /^(?:import|export) (?!type )[^;]*?from '([^']*)'|^import '([^']*)'|\bimport\('([^']*)'\)/gm;
    for (const [, from, plain, lazy] of readText(file).matchAll(statements)) {
      const name = from ?? plain ?? lazy ?? '';
      if (name.startsWith('.')) files.add(join(dirname(file), name));
      else if (!name.startsWith('node:')) packages.add(name.split('/', name.startsWith('@') ? 2 : 1).join('/'));
    }
  }
  return { files, packages };
}

describe('every deployment file', () => {
  const files = globSync('deploy/**/*.yaml', { cwd: root, exclude: ['deploy/helm/**/templates/**'] });

  it.each(files)('%s is YAML', (file) => {
    expect(readYamlDocuments(file)).not.toEqual([]);
  });
});

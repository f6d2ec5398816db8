import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { CHECKOUT } from '../../harness/checkout.ts';

export const CHART = join(CHECKOUT, 'deploy/helm/hookpatch');

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec?: unknown;
}
export type Values = Readonly<Record<string, unknown>>;

const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;
const NAMES = { fullnameOverride: 'hookpatch', nameOverride: 'hookpatch' };
const run = promisify(execFile);

/**
 * What `helm template` makes of each of these values, in their order. One run of Helm renders them all: a chart that has ours
 * as a dependency once for each.
 */
export async function renderChart(cases: readonly Values[]): Promise<readonly (readonly Manifest[])[]> {
  const folder = await mkdtemp(join(tmpdir(), 'hookpatch-chart-'));
  try {
    await cp(CHART, join(folder, 'charts', 'hookpatch'), { recursive: true, dereference: true });
    const dependencies = cases.map((_, index) => ({ name: 'hookpatch', version: '*', alias: `case${index}` }));
    const values = Object.fromEntries(cases.map((own, index) => [`case${index}`, { ...NAMES, ...own }]));
    await writeFile(
      join(folder, 'Chart.yaml'),
      JSON.stringify({ apiVersion: 'v2', name: 'all', version: '0.0.0', dependencies }),
    );
    await writeFile(join(folder, 'values.yaml'), JSON.stringify(values));
    // A Helm that was built from its module alone takes the cluster for one of its first.
    const args = ['template', 'release', folder, '--kube-version', '1.34.0'];
    const { stdout } = await run('helm', args, { maxBuffer: MAX_OUTPUT_BYTES });
    return split(stdout, cases.length);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Documents that are the same text are parsed once, and are the same object. */
function split(rendered: string, count: number): Manifest[][] {
  const manifests: Manifest[][] = Array.from({ length: count }, () => []);
  const parsed = new Map<string, Manifest[]>();
  for (const text of rendered.split(/^---\n# Source: all\/charts\/case/m).slice(1)) {
    const [, index, document = ''] = /^(\d+)\/\S+\n([\s\S]*)$/.exec(text) ?? [];
    const known = parsed.get(document) ?? parseAllDocuments(document).map((one) => one.toJS() as Manifest);
    parsed.set(document, known);
    manifests[Number(index)]?.push(...known.filter((one) => one !== null));
  }
  return manifests;
}

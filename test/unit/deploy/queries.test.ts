import { beforeAll, describe, expect, it } from 'vitest';
import { type ExposedMetrics, exposeEveryMetric } from '../telemetry/exposed-metrics.ts';
import { readText, readYaml } from './read-deploy-file.ts';

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
  readonly links?: readonly { readonly url: string }[];
}
interface Alerts {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}

const { panels } = JSON.parse(readText('deploy/grafana/dashboards/hookpatch.json')) as { panels: readonly Panel[] };
const { groups } = readYaml<Alerts>('deploy/prometheus/alerts.yaml');
const alerts = groups.flatMap(({ rules }) => rules);

const queries = [
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [`panel "${title}"`, expr] as const)),
  ...alerts.map(({ alert, expr }) => [`alert ${alert}`, expr] as const),
];

/** Metrics in a query with the labels that are matched, and all labels of `by (...)`. */
function metricsOf(query: string): { name: string; labels: string[] }[] {
  return [...query.replaceAll(/by \([^)]*\)/g, '').matchAll(/\b((?:hookpatch|http)_[a-z_]+)(?:\{([^}]*)\})?/g)].map(
    ([, name = '', matchers = '']) => ({
      name,
      labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
    }),
  );
}

function groupLabelsOf(query: string): string[] {
  return [...query.matchAll(/by \(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(/,\s*/));
}

describe('dashboard and alerts', () => {
  let exposed: ExposedMetrics;
  beforeAll(async () => {
    exposed = await exposeEveryMetric();
  });

  it.each(queries)('%s asks for series and labels that /metrics has', (_name, query) => {
    const used = metricsOf(query);
    if (!query.includes('up{job=')) expect(used).not.toEqual([]);
    for (const { name, labels } of used) {
      expect([...exposed.series.keys()]).toContain(name);
      expect([...(exposed.series.get(name) ?? [])]).toEqual(expect.arrayContaining([...labels, ...groupLabelsOf(query)]));
    }
  });

  it('show every metric of ours on the dashboard', () => {
    const shown = new Set(
      panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => metricsOf(expr).map(({ name }) => name))),
    );
    const families = [...exposed.families.keys()].filter((name) => name !== 'target_info');
    const missing = families.filter((family) => ![...shown].some((name) => name.startsWith(family)));
    expect(missing).toEqual([]);
  });

  it('warn of an old inbox, dead letters, refused signatures and a used-up budget', () => {
    expect(alerts.map(({ alert }) => alert)).toEqual(
      expect.arrayContaining(['HookpatchInboxOld', 'HookpatchDeadLetters', 'HookpatchUnauthorized', 'HookpatchBudgetExhausted']),
    );
  });

  it('link from panels to the traces of the same time', () => {
    const urls = panels.flatMap(({ links = [] }) => links.map(({ url }) => url));
    expect(urls.length).toBeGreaterThan(0);
    for (const url of urls)
      expect(url).toMatch(/^\$\{jaeger:raw\}\/search\?service=hookpatch&.*start=\$\{__from\}000&end=\$\{__to\}000/);
  });
});

import { readText } from '../unit/deploy/read-deploy-file.ts';

interface Dashboard {
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
}

/** The samples of an instant query; `NaN` is none. */
export async function queryPrometheus(url: string, expression: string): Promise<readonly number[]> {
  const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
  const { data, error } = (await response.json()) as { data?: { result: { value: [number, string] }[] }; error?: string };
  if (data === undefined) throw new Error(`${expression}: ${error}`);
  return data.result.map(({ value: [, text] }) => Number(text)).filter((value) => !Number.isNaN(value));
}

/** The queries of the dashboard that find nothing, over the last five minutes. */
export async function queriesWithoutData(url: string): Promise<string[]> {
  const { panels } = JSON.parse(readText('deploy/grafana/dashboards/hookpatch.json')) as Dashboard;
  const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '5m')));
  const found = await Promise.all(queries.map((query) => queryPrometheus(url, query)));
  return queries.filter((_query, at) => found[at]?.length === 0);
}

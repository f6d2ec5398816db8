import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { findFreePort } from '../../harness/find-free-port.ts';
import { LogCollector } from '../../harness/log-collector.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { readYaml } from '../unit/deploy/read-deploy-file.ts';

export interface JaegerSpan {
  readonly operationName: string;
  readonly tags: readonly { readonly key: string; readonly value: unknown }[];
}

export interface JaegerTrace {
  readonly traceID: string;
  readonly spans: readonly JaegerSpan[];
}

/** The real collector and the real Jaeger, in a row, with the files that Compose gives them. */
export interface Tracing {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`: the collector. */
  readonly endpoint: string;
  /** What Jaeger's query API finds: traces with a span that has all these attributes. */
  search(attributes: Readonly<Record<string, string>>): Promise<readonly JaegerTrace[]>;
}

/** In containers each has an address of its own; here they share loopback, and their own metrics would share a port. */
const QUIET = { telemetry: { metrics: { level: 'none' } } };

/** Both end with the test. */
export async function startTracing(): Promise<Tracing> {
  const [otlpHttp, otlpGrpc, jaegerOtlp, query, queryGrpc] = await Promise.all(Array.from({ length: 5 }, findFreePort));
  const address = (port: number | undefined) => `127.0.0.1:${port}`;
  await run('jaeger', 'deploy/jaeger/config.yaml', (file) => {
    file.receivers.otlp.protocols.grpc.endpoint = address(jaegerOtlp);
    file.extensions.jaeger_query.http.endpoint = address(query);
    file.extensions.jaeger_query.grpc = { endpoint: address(queryGrpc) };
  });
  await run('otelcol-contrib', 'deploy/otel-collector/config.yaml', (file) => {
    file.receivers.otlp.protocols.http.endpoint = address(otlpHttp);
    file.receivers.otlp.protocols.grpc.endpoint = address(otlpGrpc);
    file.exporters['otlp_grpc/jaeger'].endpoint = address(jaegerOtlp);
  });
  const search: Tracing['search'] = async (attributes) => {
    const parameters = new URLSearchParams({ service: 'hookpatch', limit: '200', tags: JSON.stringify(attributes) });
    const response = await fetch(`http://${address(query)}/api/traces?${parameters}`);
    const { data, errors } = (await response.json()) as { data: JaegerTrace[] | null; errors: unknown };
    if (data === null) throw new Error(`Jaeger: ${JSON.stringify(errors)}`);
    return data;
  };
  await waitUntil(() => fetch(`http://${address(query)}/api/services`).then(({ ok }) => ok), {
    timeoutMs: 30_000,
    what: 'Jaeger',
  });
  return { endpoint: `http://${address(otlpHttp)}`, search };
}

/** Whatever a configuration holds; its program judges it. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is that of the files of `deploy`.
type Configuration = any;

async function run(program: string, path: string, edit: (file: Configuration) => void): Promise<void> {
  const file = readYaml<Configuration>(path);
  edit(file);
  file.service = { ...file.service, ...QUIET };
  const folder = await mkdtemp(join(tmpdir(), 'hookpatch-tracing-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const config = join(folder, 'config.yaml');
  await writeFile(config, stringify(file));
  const child = spawn(program, ['--config', config]);
  onTestFinished(() => end(child));
  const log = new LogCollector(child);
  const isReady = () => /Everything is ready/.test(log.text());
  await waitUntil(isReady, { timeoutMs: 30_000 }).catch(() => {
    throw new Error(`${program} does not start:\n${log.text()}`);
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

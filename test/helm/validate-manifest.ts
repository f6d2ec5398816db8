import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CHECKOUT } from '../../harness/checkout.ts';
import type { Manifest } from './render-chart.ts';

type Validate = ((data: unknown) => boolean) & {
  errors?: readonly { instancePath: string; message?: string; keyword: string }[];
};

const KUBERNETES = 'kubernetes-models/_schemas';
const OPERATOR =
  '@kubernetes-models/prometheus-operator/_schemas/ComGithubPrometheusOperatorPrometheusOperatorPkgApisMonitoringV1';
/** The published schemas of the Kubernetes API, of KEDA and of the Prometheus operator, compiled to functions by these packages. */
const SCHEMAS: Readonly<Record<string, string>> = {
  'v1 ConfigMap': `${KUBERNETES}/IoK8sApiCoreV1ConfigMap.js`,
  'v1 Service': `${KUBERNETES}/IoK8sApiCoreV1Service.js`,
  'apps/v1 Deployment': `${KUBERNETES}/IoK8sApiAppsV1Deployment.js`,
  'policy/v1 PodDisruptionBudget': `${KUBERNETES}/IoK8sApiPolicyV1PodDisruptionBudget.js`,
  'autoscaling/v2 HorizontalPodAutoscaler': `${KUBERNETES}/IoK8sApiAutoscalingV2HorizontalPodAutoscaler.js`,
  'networking.k8s.io/v1 NetworkPolicy': `${KUBERNETES}/IoK8sApiNetworkingV1NetworkPolicy.js`,
  'networking.k8s.io/v1 Ingress': `${KUBERNETES}/IoK8sApiNetworkingV1Ingress.js`,
  'keda.sh/v1alpha1 ScaledObject': '@kubernetes-models/keda/_schemas/ComGithubKedacoreKedaV2ApisKedaV1alpha1ScaledObject.js',
  'monitoring.coreos.com/v1 ServiceMonitor': `${OPERATOR}ServiceMonitor.js`,
  'monitoring.coreos.com/v1 PrometheusRule': `${OPERATOR}PrometheusRule.js`,
};

/** What is wrong with a manifest: types, required fields, formats, and fields that the schema does not have. */
export async function validateManifest(manifest: Manifest): Promise<string[]> {
  const file = SCHEMAS[`${manifest.apiVersion} ${manifest.kind}`];
  if (file === undefined) return [`no schema for ${manifest.apiVersion} ${manifest.kind}`];
  const { validate } = (await import(pathToFileURL(join(CHECKOUT, 'node_modules', file)).href)) as { validate: Validate };
  const { watched, unread } = watchReads(manifest);
  const faults = validate(watched)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message, keyword }) => `${instancePath} ${message ?? keyword}`);
  return [...faults, ...unread().map((path) => `${path} is no field`)];
}

/**
 * A copy that notes which of its fields are read. The schemas allow unknown fields, as the API server does without strict
 * validation, but a validator reads every field that it knows: what was not read is misspelled.
 */
function watchReads(manifest: object): { watched: unknown; unread(): string[] } {
  const read = new Set<string>();
  const all: string[] = [];
  const watch = (value: unknown, path: string): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const copy = Array.isArray(value) ? value.map((item, index) => watch(item, `${path}/${index}`)) : { ...value };
    if (Array.isArray(copy)) return copy;
    for (const [name, child] of Object.entries(value)) {
      all.push(`${path}/${name}`);
      (copy as Record<string, unknown>)[name] = watch(child, `${path}/${name}`);
    }
    return new Proxy(copy, {
      get: (target, name) => {
        read.add(`${path}/${String(name)}`);
        return Reflect.get(target, name) as unknown;
      },
    });
  };
  return { watched: watch(manifest, ''), unread: () => all.filter((path) => !read.has(path)) };
}

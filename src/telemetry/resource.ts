import {
  defaultResource,
  detectResources,
  type Resource,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import packageJson from '../../package.json' with { type: 'json' };

/**
 * The reporting service: `service.name` (`hookpatch`), `service.version` and a random `service.instance.id`.
 * `OTEL_RESOURCE_ATTRIBUTES` and, above it, `OTEL_SERVICE_NAME` win, as OpenTelemetry specifies.
 */
export function createResource(): Resource {
  return defaultResource()
    .merge(resourceFromAttributes({ 'service.name': packageJson.name, 'service.version': packageJson.version }))
    .merge(detectResources({ detectors: [serviceInstanceIdDetector] }))
    .merge(detectResources({ detectors: [resourceAttributesEnvDetector] }))
    .merge(detectResources({ detectors: [serviceNameEnvDetector] }));
}

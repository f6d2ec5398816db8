/**
 * Starts telemetry. Loaded with `node --import ./src/telemetry/register.ts`, before any other module, because instruments
 * that are made before the providers are registered never report (see `metrics.ts`).
 */
import { startTelemetry } from './start-telemetry.ts';

await startTelemetry(process.env);

import type { FaultSpec } from '../../simulator/faults.ts';

/** What Genesys does to the calls while the test runs, each with a chance of its own. */
export const GENESYS_FAULTS: readonly FaultSpec[] = [
  { call: '*', status: 500, probability: 0.01 },
  { call: '*', status: 500, execute: true, probability: 0.005 },
  { call: '*', status: 401, probability: 0.003 },
  { call: '*', status: 429, retryAfterSeconds: 1, probability: 0.001 },
  { call: '*', dropConnection: 'before', probability: 0.005 },
  { call: '*', dropConnection: 'after', probability: 0.005 },
  { call: '*', hang: 'before', probability: 0.002 },
  { call: '*', hang: 'after', probability: 0.002 },
  { call: '*', latencyMs: 300, probability: 0.02 },
  { call: '*', conflict: true, probability: 0.02 },
  { call: 'patch-attributes', status: 409, probability: 0.01 },
  { call: 'patch-attributes', status: 412, probability: 0.01 },
  { call: 'patch-attributes', lostWrite: true, probability: 0.005 },
  // A transfer is one call for a conversation, so what may befall it must befall it often.
  { call: 'replace-participant', status: 500, probability: 0.1 },
  { call: 'replace-participant', status: 500, execute: true, probability: 0.1 },
  { call: 'replace-participant', dropConnection: 'after', probability: 0.1 },
  { call: 'replace-participant', hang: 'after', probability: 0.05 },
  { call: 'replace-participant', lostWrite: true, probability: 0.02 },
];

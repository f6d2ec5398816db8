import { beforeAll, describe, expect, it } from 'vitest';
import { REASONS } from '../../../src/domain/outcome.ts';
import { type ExposedMetrics, exposeEveryMetric } from './exposed-metrics.ts';

describe('/metrics', () => {
  let exposed: ExposedMetrics;
  beforeAll(async () => {
    exposed = await exposeEveryMetric();
  });

  it('shows every metric by its Prometheus name and type', () => {
    expect(Object.fromEntries([...exposed.families].sort())).toEqual({
      hookpatch_actions_total: 'counter',
      hookpatch_dead_letters: 'gauge',
      hookpatch_deliveries_total: 'counter',
      hookpatch_events_total: 'counter',
      hookpatch_genesys_call_duration_seconds: 'histogram',
      hookpatch_genesys_calls_by_rule_total: 'counter',
      hookpatch_genesys_calls_saved_total: 'counter',
      hookpatch_genesys_fair_use: 'gauge',
      hookpatch_genesys_limit_rate: 'gauge',
      hookpatch_genesys_pacing_wait_seconds: 'histogram',
      hookpatch_genesys_rate_budget: 'gauge',
      hookpatch_genesys_rate_limited_total: 'counter',
      hookpatch_genesys_token_refreshes_total: 'counter',
      hookpatch_genesys_paused_seconds: 'gauge',
      hookpatch_genesys_tokens: 'gauge',
      hookpatch_inbox_oldest_age_seconds: 'gauge',
      hookpatch_inbox_pending_conversations: 'gauge',
      hookpatch_jobs: 'gauge',
      hookpatch_keys_reused_total: 'counter',
      hookpatch_receipt_to_applied_seconds: 'histogram',
      hookpatch_redis_up: 'gauge',
      hookpatch_rules_condition_failures_total: 'counter',
      hookpatch_rules_loaded: 'gauge',
      hookpatch_rules_time_used_up_total: 'counter',
      http_server_request_duration_seconds: 'histogram',
      target_info: 'gauge',
    });
  });

  it('has no topic that Genesys does not document', () => {
    expect(exposed.text).toContain('hookpatch_events_total{topic="other",status="ignored"} 1');
    expect(exposed.text).not.toContain('made.up');
  });

  it('shows what alerts count from 0, before it has happened', () => {
    for (const outcome of Object.keys(REASONS) as (keyof typeof REASONS)[]) {
      for (const reason of REASONS[outcome]) {
        expect(exposed.text).toContain(`hookpatch_actions_total{action="transfer",outcome="${outcome}",reason="${reason}"} 0`);
      }
    }
    expect(exposed.text).toContain('hookpatch_deliveries_total{http_response_status_code="401"} 0');
    expect(exposed.text).toContain('hookpatch_deliveries_total{http_response_status_code="503"} 0');
  });

  it('shows no gauge that can not be read, and that Redis is away', async () => {
    const { exposeWhileRedisIsAway } = exposed;
    const text = await exposeWhileRedisIsAway();
    expect(text).toContain('hookpatch_redis_up 0');
    expect(text).not.toMatch(/^hookpatch_(inbox|jobs|dead_letters)/m);
    expect(text).toContain('hookpatch_deliveries_total{http_response_status_code="202"} 1');
  });

  it('reads the queues at each scrape', () => {
    expect(exposed.text).toContain('hookpatch_jobs{state="active"} 2');
    expect(exposed.text).toContain('hookpatch_inbox_oldest_age_seconds 1.5');
  });

  it('records durations in seconds', () => {
    expect(exposed.text).toContain('hookpatch_genesys_call_duration_seconds_sum{call="get-conversation",status="200"} 0.04');
    expect(exposed.text).toContain('hookpatch_receipt_to_applied_seconds_bucket{le="0.25"} 1');
  });

  it('has a help text for each', () => {
    expect(exposed.text).not.toContain('description missing');
  });
});

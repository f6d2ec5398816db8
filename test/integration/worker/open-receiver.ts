import type { DeliveryStore } from '../../../src/intake/delivery-store.ts';
import type { RuleSet } from '../../../src/rules/rule-set.ts';
import { API_KEY, startReceiver } from '../../unit/receiver/harness.ts';

export interface Delivered {
  readonly status: number;
  readonly body: { readonly events: readonly { readonly id: string; readonly status: string }[] };
}

/** A real receiver on the store of a bed: what a delivery becomes there. It listens nowhere, and is closed when the test ends. */
export function openReceiver(store: DeliveryStore, ruleSet: RuleSet) {
  const { app } = startReceiver({ intake: { store, ruleSet: () => ruleSet }, webhook: { now: Date.now } });
  return async (payload: string): Promise<Delivered> => {
    const headers = { 'content-type': 'application/json', 'x-api-key': API_KEY };
    const response = await app.inject({ method: 'POST', url: '/webhooks/genesys', headers, payload });
    return { status: response.statusCode, body: response.json() };
  };
}

import type { Caller } from '../../../src/receiver/authenticate.ts';
import { idempotencyKeyOf } from '../../../src/receiver/idempotency-key.ts';
import { damageBytes } from '../damage-bytes.ts';
import { type FuzzTarget, mustHold } from '../target.ts';

const NAMES = ['idempotency-key', 'webhook-id', 'x-genesys-delivery'];
const TOKENS = ['\0', '\r\n', ',', ' ', 'é', '__proto__', 'command/c-1/k', 'x'.repeat(500)];
const CALLERS: readonly Caller[] = [
  { by: 'api-key', signedIdHeader: null },
  { by: 'signature', signedIdHeader: null },
  { by: 'signature', signedIdHeader: 'webhook-id' },
];

/** Headers to a key: of a signed delivery only the id that is signed counts, whatever else was added to it. */
export const idempotencyKeys: FuzzTarget = {
  name: 'keys',
  share: 0.05,
  createTrial(random) {
    const caller = random.pick(CALLERS);
    const given = NAMES.filter(() => random.chance(0.6));
    const keyIn = (name: string) =>
      random.chance(0.1) ? '' : damageBytes(Buffer.from(`key of ${name}`), random, TOKENS).toString('latin1');
    const headers = Object.fromEntries(given.map((name) => [name, keyIn(name)]));
    return { holds: () => holds(headers, caller), show: () => JSON.stringify({ caller, headers }) };
  },
};

function holds(headers: Readonly<Record<string, string>>, caller: Caller): boolean {
  const key = idempotencyKeyOf(headers, caller, NAMES);
  if (caller.by === 'signature') {
    const signed = caller.signedIdHeader === null ? undefined : headers[caller.signedIdHeader];
    mustHold(key === (signed || null), 'the key of a signed delivery is signed');
  } else {
    const first = Object.values(headers).find((value) => value !== '') ?? null;
    mustHold(key === first, 'the key of an API key is the first that is there');
  }
  return key !== null;
}

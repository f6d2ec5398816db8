import type { Participant } from './genesys-client.ts';
import { normaliseAddress } from './normalise-address.ts';

type Direction = 'inbound' | 'outbound';

/** Parties whose own address Genesys gives in `ani`, `dnis`, and the messages' `fromAddress` and `toAddress`. */
const OUTSIDE_PURPOSES: ReadonlySet<string> = new Set(['customer', 'external']);

/**
 * The normalised addresses of this party: its `address` and the `self` of its calls. For parties from outside also, by the
 * direction of each leg, `ani` or `dnis`, the messages' sender or recipient, and the callback numbers.
 *
 * `ani` and `dnis` of agents and of the legs between are left out, because there they name another party, as `other` does.
 */
export function addressesOf(participant: Participant): ReadonlySet<string> {
  const raw = [participant.address, ...ownCallAddresses(participant)];
  if (OUTSIDE_PURPOSES.has(participant.purpose?.toLowerCase() ?? '')) raw.push(...outsideAddresses(participant));
  const normalised = raw.flatMap((address) => (address === undefined ? [] : normaliseAddress(address)));
  return new Set(normalised.filter((address) => address !== ''));
}

function ownCallAddresses(participant: Participant): (string | undefined)[] {
  return (participant.calls ?? []).flatMap((call) => [call.self?.addressNormalized, call.self?.addressRaw]);
}

function outsideAddresses(participant: Participant): (string | undefined)[] {
  const party = participant.calls?.some((call) => directionOf(call) === 'outbound') ? participant.dnis : participant.ani;
  const senders = (participant.messages ?? []).flatMap((message) => {
    const address = directionOf(message) === 'outbound' ? message.toAddress : message.fromAddress;
    return [address?.addressNormalized, address?.addressRaw];
  });
  const callbackNumbers = (participant.callbacks ?? []).flatMap((callback) => callback.callbackNumbers ?? []);
  return [party, ...senders, ...callbackNumbers];
}

/** From the outside party's view of the conversation: who started it. Genesys omits it on some legs; those count as inbound. */
function directionOf(leg: { readonly direction?: string }): Direction {
  return leg.direction?.toLowerCase() === 'outbound' ? 'outbound' : 'inbound';
}

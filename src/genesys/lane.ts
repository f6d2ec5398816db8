/**
 * What a request is for, in the order in which requests are sent when more wait than the rate allows:
 * - `token`: the access token, without which nothing else can be sent
 * - `write`: writes, and the reads that stand between a fetch and its write or confirm a write. A write rests on a fetch, and
 *   Genesys has no versions that would refuse it when the fetch is old: so it leaves before anything new is fetched
 * - `urgent-read`: fetches for transfers and wrap-ups, which come too late when they wait
 * - `read`: fetches for attributes
 * - `repair`: fetches for what failed before, and for what may have been missed
 */
export const LANES = ['token', 'write', 'urgent-read', 'read', 'repair'] as const;

export type Lane = (typeof LANES)[number];

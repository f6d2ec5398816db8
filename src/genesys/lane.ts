/**
 * The purpose of a request. When more requests wait than the rate allows, they are sent in this order:
 * - `token`: the access token, without which nothing else can be sent
 * - `write`: writes, the reads between a fetch and its write, and the reads that confirm a write. A write is based on a fetch,
 *   and Genesys has no versions by which it would refuse an old one. So writes are sent before anything new is fetched
 * - `urgent-read`: fetches for transfers and wrap-ups, which come too late if they wait
 * - `read`: fetches for attributes
 * - `repair`: fetches after an earlier failure, and for events that may have been missed
 */
export const LANES = ['token', 'write', 'urgent-read', 'read', 'repair'] as const;

export type Lane = (typeof LANES)[number];

const UUID = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/;
const HEX = /^(?:[0-9a-f]{2}){8,32}$/;
const PACKED = /^[~#][A-Za-z0-9_-]+$/;

/** A UUID or a hexadecimal id in two thirds of its length; other texts as they are. {@link unpackId} is the inverse. */
export function packId(id: string): string {
  if (UUID.test(id)) return `~${Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')}`;
  if (HEX.test(id)) return `#${Buffer.from(id, 'hex').toString('base64url')}`;
  return PACKED.test(id) || id.startsWith('=') ? `=${id}` : id;
}

export function unpackId(packed: string): string {
  if (packed.startsWith('=')) return packed.slice(1);
  if (!PACKED.test(packed)) return packed;
  const hex = Buffer.from(packed.slice(1), 'base64url').toString('hex');
  return packed.startsWith('#') ? hex : hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

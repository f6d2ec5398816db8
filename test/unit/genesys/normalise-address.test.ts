import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseAddress } from '../../../src/genesys/normalise-address.ts';

describe('normalise an address', () => {
  it.each([
    ['tel:+13175550100'],
    ['tel:+1 317 555 0100'],
    ['TEL:+1-317-555-0100'],
    ['tel:+1(317)555.0100;phone-context=example.com'],
    ['+1 (317) 555-0100'],
    ['  +13175550100 '],
    ['sip:+13175550100@carrier.example'],
    ['sips:+1-317-555-0100@carrier.example:5061;transport=tls?subject=x'],
    ['sip:+13175550100;npdi@carrier.example;user=phone'],
  ])('%s is +13175550100', (address) => {
    expect(normaliseAddress(address)).toBe('+13175550100');
  });

  it.each([
    ['tel:+13175550100;ext=12', '+13175550100;ext=12'],
    ['3175550100', '3175550100'],
    ['317-555-0100', '3175550100'],
    ['1234', '1234'],
    ['tel:1234', '1234'],
    ['12-34', '12-34'],
    ['sip:Agent.One@PBX.Example:5060;transport=udp', 'sip:Agent.One@pbx.example:5060'],
    ['sips:agent@pbx.example', 'sip:agent@pbx.example'],
    ['sip:PBX.example', 'sip:pbx.example'],
    ['Ann@Example.COM', 'ann@example.com'],
    ['mailto:Ann@Example.com?subject=hi', 'ann@example.com'],
    ['3F0C-visitor', '3F0C-visitor'],
    ['   ', ''],
  ])('%s is %s', (address, expected) => {
    expect(normaliseAddress(address)).toBe(expected);
  });

  it('keeps numbers apart that only look alike', () => {
    expect(normaliseAddress('13175550100')).not.toBe(normaliseAddress('+13175550100'));
    expect(normaliseAddress('+13175550100;ext=1')).not.toBe(normaliseAddress('+13175550100'));
  });

  it('changes nothing when it is done again', () => {
    const address = fc.oneof(
      fc.string(),
      fc.stringMatching(/^(tel:|sip:|mailto:)?[+0-9 ().-]{0,14}(@[A-Za-z.]{0,8})?(;[a-z]{1,3}=[0-9]{1,3})?$/),
    );
    fc.assert(
      fc.property(address, (text) => {
        const once = normaliseAddress(text);
        expect(normaliseAddress(once)).toBe(once);
      }),
      { numRuns: 2_000 },
    );
  });
});

import { describe, expect, it } from 'vitest';
import { compileAllowedAddresses } from './allowed-addresses.ts';

describe('allowedAddresses', () => {
  it('absent allows everything, empty allows nothing', () => {
    expect(compileAllowedAddresses(undefined).allows('web-01', '8.8.8.8')).toBe(true);
    expect(compileAllowedAddresses([]).allows('web-01', '10.0.0.1')).toBe(false);
  });

  it.each([
    ['10.0.0.0/8', '10.1.2.3', '10.1.2.3', true],
    ['10.0.0.0/8', '11.1.2.3', '11.1.2.3', false],
    // What counts is where the name leads.
    ['10.0.0.0/8', 'web-01', '10.1.2.3', true],
    ['10.0.0.0/8', 'web-01', '169.254.169.254', false],
    ['192.168.1.5', '192.168.1.5', '192.168.1.5', true],
    ['192.168.1.5', '192.168.1.50', '192.168.1.50', false],
    ['fd00::/8', 'fd00::1', 'fd00::1', true],
    ['web-01', 'WEB-01', '10.0.0.1', true],
    ['web-01', 'web-011', '10.0.0.1', false],
    ['*.rack.internal', 'a.rack.internal', '10.0.0.1', true],
    ['*.rack.internal', 'rack.internal', '10.0.0.1', false],
    ['*.rack.internal', 'evilrack.internal', '10.0.0.1', false],
  ])('%s for %s (%s): %s', (entry, name, ip, expected) => {
    expect(compileAllowedAddresses([entry]).allows(name, ip)).toBe(expected);
  });

  it.each(['10.0.0.0/33', '10.0.0.0/x', '10.0.0.0/8/8', 'a b', '*', ''])('refuses %j', (entry) => {
    expect(() => compileAllowedAddresses([entry])).toThrow('allowedAddresses');
  });
});

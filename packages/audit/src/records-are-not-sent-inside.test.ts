import { isPublicAddress } from '@sena/contracts/public-address';
import { describe, expect, test } from 'vitest';
import { judgeSinkAddress } from './judge-sink-address.ts';

const none = new Set<string>();

describe('an address', () => {
  test.each([
    ...[
      '127.0.0.1',
      '127.9.9.9',
      '0.0.0.0',
      '10.0.0.1',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '169.254.169.254',
      '100.64.0.1',
    ],
    ...[
      '192.0.2.1',
      '198.18.0.1',
      '224.0.0.1',
      '255.255.255.255',
      '::',
      '::1',
      'fe80::1',
      'fc00::1',
      'fd12::1',
      'ff02::1',
    ],
    ...[
      '::ffff:8.8.8.8',
      '::ffff:127.0.0.1',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
      '2001:db8::1',
      '2001::1',
      'localhost',
      '',
      '1.2.3',
    ],
  ])('%s is not public', (address) => expect(isPublicAddress(address)).toBe(false));
  test.each(['8.8.8.8', '172.15.255.255', '172.32.0.1', '100.63.255.255', '2606:4700::1111', '2a00:1450:4001::1'])(
    '%s is',
    (address) => expect(isPublicAddress(address)).toBe(true),
  );
});

describe('a sink', () => {
  const refused: Array<['webhook' | 'syslog', string]> = [
    ...(
      [
        ...['http://collector.example.com/', 'ftp://collector.example.com/', 'collector.example.com', '', 'https://'],
        ...[
          'https://127.0.0.1/',
          'https://0x7f.1/',
          'https://2130706433/',
          'https://[::1]/',
          'https://[::ffff:7f00:1]/',
          'https://169.254.169.254/latest',
        ],
        ...['https://user:password@collector.example.com/', 'file:///etc/passwd', 'syslog+tls://logs.example.com:6514'],
      ] as const
    ).map((address): ['webhook', string] => ['webhook', address]),
    ...(
      [
        ...[
          'syslog+tls://logs.example.com',
          'syslog+tls://logs.example.com:6514/path',
          'syslog://logs.example.com:514',
          'https://logs.example.com:443',
        ],
        ...['syslog+tcp://10.0.0.1:601', 'syslog+tcp://[::1]:601', 'syslog+tcp://user@logs.example.com:601'],
      ] as const
    ).map((address): ['syslog', string] => ['syslog', address]),
  ];
  test.each(refused)('%s to %s is refused, with a reason', (kind, address) => {
    expect(judgeSinkAddress(kind, address, none)).toMatchObject({
      kind: 'refused',
      reason: expect.stringMatching(/\.$|HOSTS/),
    });
  });

  test('to the public is allowed, and inside where the operator has named the host', () => {
    expect(judgeSinkAddress('webhook', 'https://collector.example.com/a?b=c', none)).toMatchObject({
      kind: 'webhook',
      isPrivateAllowed: false,
    });
    expect(judgeSinkAddress('syslog', 'syslog+tls://logs.example.com:6514', none)).toMatchObject({
      host: 'logs.example.com',
      port: 6514,
      isEncrypted: true,
    });
    const named = new Set(['10.0.0.1', '::1', 'logs.internal']);
    expect(judgeSinkAddress('webhook', 'http://10.0.0.1:8080/', named)).toMatchObject({
      kind: 'webhook',
      isPrivateAllowed: true,
    });
    expect(judgeSinkAddress('syslog', 'syslog+tcp://[::1]:601', named)).toMatchObject({
      host: '::1',
      isEncrypted: false,
    });
    expect(judgeSinkAddress('webhook', 'http://logs.internal/', named)).toMatchObject({ isPrivateAllowed: true });
    expect(judgeSinkAddress('webhook', 'http://10.0.0.2/', named).kind).toBe('refused');
  });
});

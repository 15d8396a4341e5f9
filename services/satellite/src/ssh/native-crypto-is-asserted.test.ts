import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startLab } from '@sena/lab/start-lab';
import { Client } from 'ssh2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkNativeCrypto, type SshCrypto } from './native-crypto.ts';
import { requireNativeCrypto } from './require-native-crypto.ts';

const collectCiphers = fileURLToPath(new URL('../fixtures/collect-ciphers-main.ts', import.meta.url));
const own = createRequire(import.meta.url)('ssh2/lib/protocol/crypto.js') as SshCrypto;

describe('the binding of this Node', () => {
  it('is loaded and computes chacha20-poly1305', () => {
    expect(checkNativeCrypto()).toEqual({ kind: 'works' });
  });

  it('lets its objects be collected without ending the process', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [collectCiphers], { timeout: 30_000 });
    expect(stdout).toBe('60 rounds\n');
  }, 40_000);
});

describe('a binding', () => {
  it('that is missing is said to be missing', () => {
    expect(checkNativeCrypto({ ...own, bindingAvailable: false })).toEqual({ kind: 'missing' });
  });

  it('that throws, as one built against another OpenSSL does, is said to be broken', () => {
    const createCipher = () => {
      throw new Error('unable to initialise the cipher');
    };
    expect(checkNativeCrypto({ ...own, createCipher })).toEqual({
      kind: 'broken',
      detail: 'unable to initialise the cipher',
    });
  });

  it('that computes something else is said to be broken', () => {
    const createCipher: SshCrypto['createCipher'] = (config) => {
      const real = own.createCipher(config);
      return {
        allocPacket: (bytes) => real.allocPacket(bytes),
        free: () => real.free(),
        encrypt(packet) {
          packet[6] = (packet[6] ?? 0) ^ 1;
          real.encrypt(packet);
        },
      };
    };
    expect(checkNativeCrypto({ ...own, createCipher })).toMatchObject({ kind: 'broken' });
  });

  it('that is broken stops the satellite, whatever its operator says: it would fail on every node', () => {
    expect(() => requireNativeCrypto(false, { kind: 'broken', detail: 'x' })).toThrow(/Rebuild/);
  });
});

describe('a real sshd', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sena-ciphers-'));
  let lab: Awaited<ReturnType<typeof startLab>>;

  beforeAll(async () => {
    lab = await startLab({
      stateDirectory: join(directory, 'lab'),
      kind: 'openssh',
      sites: [{ name: 'site', hosts: [{ name: 'web-01', labels: {}, faults: [] }] }],
    });
  });
  afterAll(async () => {
    await lab?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it.each(['chacha20-poly1305@openssh.com', 'aes128-gcm@openssh.com', 'aes256-ctr'] as const)(
    'and the satellite’s SSH understand each other with %s, a megabyte long',
    async (name) => {
      const site = lab.sites[0];
      const host = site?.hosts[0];
      if (site === undefined || host === undefined) throw new Error('the lab has no host');
      const inlet = await site.inlet({ host: host.address, port: host.port });
      const client = new Client();
      try {
        let negotiated: unknown;
        client.on('handshake', (agreed) => {
          negotiated = agreed.cs.cipher;
        });
        await new Promise<void>((resolve, reject) => {
          client.once('ready', resolve).once('error', reject);
          client.connect({
            ...{ host: '127.0.0.1', port: inlet.port, username: host.user },
            privateKey: readFileSync(site.clientKeyPath),
            algorithms: { cipher: [name] },
            hostVerifier: () => true,
          });
        });
        expect(negotiated).toBe(name);
        const output = await new Promise<Buffer>((resolve, reject) => {
          client.exec('head -c 1048576 /dev/zero', (error, channel) => {
            if (error) return reject(error);
            const parts: Buffer[] = [];
            channel.on('data', (part: Buffer) => parts.push(part));
            channel.on('close', () => resolve(Buffer.concat(parts)));
          });
        });
        expect(output.equals(Buffer.alloc(1_048_576))).toBe(true);
      } finally {
        client.end();
        await inlet.close();
      }
    },
  );
});

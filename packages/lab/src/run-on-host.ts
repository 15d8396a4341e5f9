// Runs a command on a lab host past SENA: how tests and benchmarks learn what is true. Entered by them only.
// Opens one SSH connection a call, from inside the site.
import { readFile } from 'node:fs/promises';
import ssh2 from 'ssh2';
import type { LabHost, LabSite } from './lab.ts';
import { fingerprintOf } from './state/host-identity.ts';

export interface CommandResult {
  stdout: string;
  stderr: string;
  /** null: ended by a signal, or the connection was lost (after a reboot, say). */
  exitCode: number | null;
}

/** Rejects when the host can't be reached, refuses the login or shows another key than the expected one. */
export async function runOnHost(
  site: LabSite,
  host: LabHost,
  command: string,
  timeoutMs = 10_000,
): Promise<CommandResult> {
  const door = await site.inlet({ host: host.address, port: host.port });
  const client = new ssh2.Client();
  try {
    const privateKey = await readFile(site.clientKeyPath);
    return await new Promise<CommandResult>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`No result of ${command} within ${timeoutMs} ms`)), timeoutMs);
      timer.unref();
      const result: CommandResult = { stdout: '', stderr: '', exitCode: null };
      let hasBegun = false;
      client.on('error', reject);
      client.once('close', () => {
        clearTimeout(timer);
        if (hasBegun) resolve(result);
        else reject(new Error('The connection was closed before the command began'));
      });
      client.once('ready', () => {
        client.setNoDelay(true);
        client.exec(command, (error, channel) => {
          if (error) {
            reject(error);
            return;
          }
          hasBegun = true;
          channel.setEncoding('utf8').on('data', (text: string) => {
            result.stdout += text;
          });
          channel.stderr.setEncoding('utf8').on('data', (text: string) => {
            result.stderr += text;
          });
          channel.once('exit', (code: number | null) => {
            result.exitCode = code;
          });
          channel.once('close', () => {
            clearTimeout(timer);
            resolve(result);
          });
        });
      });
      client.connect({
        ...{ host: door.host, port: door.port, username: host.user, privateKey, readyTimeout: timeoutMs },
        hostVerifier: (key: Buffer) => fingerprintOf(`ssh-ed25519 ${key.toString('base64')}`) === host.hostKey,
      });
    });
  } finally {
    client.destroy();
    await door.close();
  }
}

// Entered by enrol and connect-once: opens the TCP or TLS stream to the cloud, through an HTTP proxy where there is one.
// Every step has the same time limit.
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, rootCertificates } from 'node:tls';

// Not imported: an import reads all of its names, `WebSocket` among them, with which Node loads a whole HTTP client that nobody needs here.
const { request } = process.getBuiltinModule('node:http');

export type DialSettings = {
  /** `http://host:port`, speaks CONNECT. */
  proxy: string | undefined;
  /** PEM, trusted beside the usual ones. */
  ca: string | undefined;
  timeoutMs: number;
};

export type DialTarget = { host: string; port: number; isSecure: boolean };

export function dialTargetOf(url: URL): DialTarget {
  const isSecure = url.protocol === 'https:' || url.protocol === 'wss:';
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port, isSecure };
}

/** A connected stream, TLS verified. Rejects with an error whose message says which step failed. */
export async function dialCloud(target: DialTarget, settings: DialSettings): Promise<Socket> {
  // A proxy is for the way out; this machine is reached without it.
  const useProxy = settings.proxy !== undefined && target.isSecure;
  const raw = useProxy
    ? await openThroughProxy(settings.proxy ?? '', target, settings.timeoutMs)
    : await settled(connectTcp({ host: target.host, port: target.port }), 'connect', settings.timeoutMs);
  raw.setNoDelay(true);
  if (!target.isSecure) return raw;
  const tls = connectTls({
    socket: raw,
    // Server names are names; an address is checked against the certificate's addresses.
    ...(isIP(target.host) === 0 ? { servername: target.host } : { host: target.host }),
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    ...(settings.ca === undefined ? {} : { ca: [...rootCertificates, settings.ca] }),
  });
  try {
    return await settled(tls, 'secureConnect', settings.timeoutMs);
  } catch (error) {
    raw.destroy();
    throw error;
  }
}

function openThroughProxy(proxy: string, target: DialTarget, timeoutMs: number): Promise<Socket> {
  const { hostname, port } = new URL(proxy);
  const authority = `${isIP(target.host) === 6 ? `[${target.host}]` : target.host}:${target.port}`;
  return new Promise((resolve, reject) => {
    const connect = request({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? 80 : Number(port),
      method: 'CONNECT',
      path: authority,
      headers: { host: authority },
      timeout: timeoutMs,
      agent: false,
    });
    connect.once('connect', (response, socket) => {
      if (response.statusCode === 200) resolve(socket);
      else {
        socket.destroy();
        reject(new Error(`the proxy ${proxy} answered ${response.statusCode} to CONNECT ${authority}`));
      }
    });
    connect.once('timeout', () => connect.destroy(new Error(`the proxy ${proxy} did not answer in ${timeoutMs} ms`)));
    connect.once('error', (cause) =>
      reject(new Error(`the proxy ${proxy} can't be used: ${cause.message}`, { cause })),
    );
    connect.end();
  });
}

function settled<S extends Socket>(socket: S, event: 'connect' | 'secureConnect', timeoutMs: number): Promise<S> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    socket.once('error', fail);
    socket.once(event, () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

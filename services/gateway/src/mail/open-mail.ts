// Mail that SENA sends, where whoever runs it has named a server for that. Entered by routes that have something to tell. Sends, and keeps nothing.
import { createTransport } from 'nodemailer';

export interface Mail {
  /** Rejects when the server did not take it. */
  send(letter: { to: string; subject: string; text: string }): Promise<void>;
  close(): void;
}

const timeoutMs = 10_000;
const ownHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** `smtpUrl`: `smtps://user:password@mail.example.com`, or `smtp://…`, which then has to offer STARTTLS unless it is this machine. */
export function openMail({ smtpUrl, from }: { smtpUrl: string; from: string }): Mail {
  const { protocol, hostname, port, username, password } = new URL(smtpUrl);
  const secure = protocol === 'smtps:';
  const transport = createTransport({
    ...{ host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? (secure ? 465 : 587) : Number(port), secure },
    // Passwords and links go over no wire in the clear.
    requireTLS: !secure && !ownHosts.has(hostname),
    ...(username === '' ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    ...{ connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  return {
    send: async ({ to, subject, text }) => {
      // An address of its own, not a list of them.
      await transport.sendMail({ from, to: { name: '', address: to }, subject, text });
    },
    close: () => transport.close(),
  };
}

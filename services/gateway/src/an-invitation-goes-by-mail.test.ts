// Invitations by mail, to a real SMTP server: what is in them, that nothing goes in the clear to other machines, and that a mail that does not go
// out keeps nobody from inviting.
import { SMTPServer } from 'smtp-server';
import { afterEach, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from './fixtures/open-test-gateway.ts';
import { openMail } from './mail/open-mail.ts';

let gateway: TestGateway | undefined;
let server: SMTPServer | undefined;
const letters: Array<{ to: string[]; text: string }> = [];

async function startServer(options: { hidesTls: boolean; refuses?: boolean }, host = '127.0.0.1'): Promise<number> {
  const started = new SMTPServer({
    ...{ authOptional: true, hideSTARTTLS: options.hidesTls },
    disabledCommands: options.hidesTls ? ['AUTH', 'STARTTLS'] : ['AUTH'],
    onData: (stream, session, done) => {
      let text = '';
      stream.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      stream.on('end', () => {
        if (options.refuses === true) return done(new Error('no'));
        letters.push({ to: session.envelope.rcptTo.map(({ address }) => address), text });
        return done();
      });
    },
  });
  server = started;
  started.on('error', () => undefined);
  await new Promise<void>((resolve) => started.listen(0, host, resolve));
  return (started.server.address() as { port: number }).port;
}
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
  const ended = server;
  if (ended !== undefined) await new Promise<void>((resolve) => ended.close(resolve));
  server = undefined;
  letters.length = 0;
});
const invite = (email: string) => gateway?.call('POST', '/v1/invitations', { body: { email, role: 'viewer' } });
/** Quoted-printable, as far as it is used here. */
const decoded = (text: string) => text.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=');

it('the link goes to the person, and to nobody else', async () => {
  const port = await startServer({ hidesTls: true });
  gateway = await openTestGateway(
    ['owner'],
    {},
    { SMTP_URL: `smtp://127.0.0.1:${port}`, MAIL_FROM: 'SENA <sena@northwind.test>' },
  );
  const answer = await invite('nia@northwind.test');
  expect(answer?.json).toMatchObject({ mailed: true });
  expect(letters).toHaveLength(1);
  expect(letters[0]?.to).toEqual(['nia@northwind.test']);
  expect(decoded(letters[0]?.text ?? '')).toContain(answer?.json.link);
  expect(letters[0]?.text).toContain('Subject: Northwind invites you to SENA');
  expect(letters[0]?.text).toContain('From: SENA <sena@northwind.test>');
  expect(gateway.log.join('')).not.toContain(answer?.json.link.split('#')[1]);
}, 60_000);

it('a server that takes nothing, or is not there, keeps nobody from inviting', async () => {
  const port = await startServer({ hidesTls: true, refuses: true });
  gateway = await openTestGateway(['owner'], {}, { SMTP_URL: `smtp://127.0.0.1:${port}` });
  expect(await invite('nia@northwind.test')).toMatchObject({
    status: 201,
    json: { mailed: false, link: expect.any(String) },
  });
  expect(letters).toEqual([]);
}, 60_000);

it('without a server the link is shown, as it is with one', async () => {
  gateway = await openTestGateway(['owner']);
  expect(await invite('nia@northwind.test')).toMatchObject({
    status: 201,
    json: { mailed: false, link: expect.any(String) },
  });
}, 60_000);

it('another machine gets nothing in the clear, nor under a certificate that nobody vouches for', async () => {
  // Not one of the names of this machine, although it leads there.
  for (const hidesTls of [true, false]) {
    const port = await startServer({ hidesTls }, '127.0.0.2');
    const mail = openMail({ smtpUrl: `smtp://127.0.0.2:${port}`, from: 'sena@northwind.test' });
    await expect(mail.send({ to: 'nia@northwind.test', subject: 'x', text: 'x' })).rejects.toThrow(
      hidesTls ? /TLS/ : /certificate|self-signed/i,
    );
    mail.close();
    expect(letters).toEqual([]);
    const ended = server;
    if (ended !== undefined) await new Promise<void>((resolve) => ended.close(resolve));
    server = undefined;
  }
}, 60_000);

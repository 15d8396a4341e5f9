// What operators read to find out what is wrong holds the words that secrets stand behind, and long runs of letters and digits. It stays.
import { expect, test } from 'vitest';
import { redactWhole } from './fixtures/redact-whole.ts';

const outputs: Record<string, string> = {
  processes: `USER       PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND
root       812  0.0  0.1 108080  4420 ?        Ss   Nov26   0:00 /usr/sbin/sshd -D [listener] 0 of 10-100 startups
postgres   901  0.0  1.2 216120 27400 ?        Ss   Nov26   0:12 /usr/lib/postgresql/17/bin/postgres -D /var/lib/postgresql/17/main -c config_file=/etc/postgresql/17/main/postgresql.conf
app       1203  1.2  3.4 812344 99120 ?        Ssl  Nov26   9:12 /usr/bin/app --password-file=/run/secrets/db --token-file /etc/app/token --port 8080
root      1300  0.0  0.0   6476  2100 pts/0    S+   02:11   0:00 curl -s http://127.0.0.1:9200/_cluster/health
root      1301  0.0  0.0   6476  2100 pts/0    S+   02:11   0:00 mysql -u root -p
`,
  journal: `Nov 27 02:16:22 web-07 sshd[1234]: Failed password for root from 10.0.0.1 port 22 ssh2
Nov 27 02:16:23 web-07 sshd[1234]: Accepted publickey for deploy from 10.0.0.2 port 51114 ssh2: ED25519 SHA256:Zk3aQ0yZy1mJb8qk1pWlq9oZq2v7o5fO6Yt3bq0n8xE
Nov 27 02:16:24 web-07 sshd[1240]: Connection closed by authenticating user root 10.0.0.3 port 40404 [preauth]
Nov 27 02:16:25 web-07 sudo[99]: pam_unix(sudo:auth): authentication failure; logname= uid=1000 euid=0 tty=/dev/pts/0 ruser=bob rhost=  user=bob
Nov 27 02:16:26 web-07 app[1203]: token: expired, the client has to sign in again
Nov 27 02:16:26 web-07 app[1203]: level=warn msg="login refused" password=incorrect user=bob
Nov 27 02:16:27 web-07 kernel: [12345.678901] Initialise system trusted keyrings
Nov 27 02:16:28 web-07 nginx: 10.0.0.9 - - "GET /login?next=/a/b&token= HTTP/1.1" 302 0
Nov 27 02:16:29 web-07 systemd-ask-password[4]: waiting for password: prompt
`,
  hashes: `e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  /usr/bin/app
d41d8cd98f00b204e9800998ecf8427e  empty
4b825dc642cb6eb9a060e54bf8d69288fbee4904 refs/heads/main
sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08   nginx:1.27
c9f0f895-fb98-4b91-9d2d-0b6f1c2d3e4f /dev/sda1: UUID="0b5e7a0c-6f2e-4a86-9d2c-1f4f2c0f7b11" TYPE="ext4" PARTUUID="6f2e4a86-01"
256 SHA256:Zk3aQ0yZy1mJb8qk1pWlq9oZq2v7o5fO6Yt3bq0n8xE root@web-07 (ED25519)
`,
  certificate: `-----BEGIN CERTIFICATE-----
MIIBszCCAVmgAwIBAgIUQ0p5bWJvbGljIGNlcnRpZmljYXRlMAoGCCqGSM49BAMC
MC8xLTArBgNVBAMMJHRoaXMgaXMgbm8gc2VjcmV0LCBpdCBpcyBwdWJsaWMgZGF0
YTAeFw0yNjExMjcwMDAwMDBaFw0yNzExMjcwMDAwMDBaMC8xLTArBgNVBAMMJHRo
-----END CERTIFICATE-----
subject=CN = web-07.example.org
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE0p5bWJvbGljIGNlcnRpZmljYXRl
-----END PUBLIC KEY-----
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOq0n8xEZk3aQ0yZy1mJb8qk1pWlq9oZq2v7o5fO6Yt root@web-07
`,
  configuration: `PermitRootLogin prohibit-password
PasswordAuthentication no
ssl_certificate_key /etc/ssl/private/web.key;
auth_basic_user_file /etc/nginx/htpasswd;
password-file = /etc/app/password
secretName: web-tls
tokenReview: true
max_tokens: 4096
token_ttl=3600
password_policy: strict
password: \${DB_PASSWORD}
api_key: {{ vault_api_key }}
secret = <redacted>
client_secret: "********"
keepalive_timeout 65;
key: value
primary_key: id
PRIMARY KEY (id)
passwd:         files systemd
shadow:         files
deploy ALL=(ALL) NOPASSWD: /usr/bin/systemctl restart nginx
%admin ALL=(ALL) NOPASSWD:ALL
password [success=1 default=ignore] pam_unix.so obscure use_authtok try_first_pass yescrypt
minlen = 12
`,
  accounts: `root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
postgres:x:109:117:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash
adm:x:4:syslog,deploy
root:!:19700:0:99999:7:::
Last password change					: Nov 01, 2026
Password expires					: never
Password inactive					: never
`,
  sockets: `State  Recv-Q Send-Q Local Address:Port  Peer Address:Port Process
LISTEN 0      511          0.0.0.0:443        0.0.0.0:*     users:(("nginx",pid=811,fd=6))
LISTEN 0      244        127.0.0.1:5432       0.0.0.0:*     users:(("postgres",pid=901,fd=5))
ESTAB  0      0       10.0.0.4:5432     10.0.0.9:40112
src/db.ts:5432:12:error:unexpected
`,
  addresses: `https://example.org/path?x=1&y=2 http://[::1]:8080/ ftp://mirror.example.org/debian
git+ssh://git@github.com/example/app.git postgres://db-01.internal:5432/shop redis://cache-01:6379/0
proxy=http://proxy.example.org:3128 mailto:ops@example.org http://10.0.0.1:8080/@scope/package
connect https://user@host.example.org/x https://\${USER}:\${PASS}@host.example.org/
`,
  kubernetes: `NAME                     TYPE                                  DATA   AGE
default-token-abcde      kubernetes.io/service-account-token   3      42d
web-tls                  kubernetes.io/tls                     2      42d
    Type:        Secret (a volume populated by a Secret)
    SecretName:  default-token-abcde
    Optional:    false
          secretKeyRef:
            name: db
            key: password
    Environment:
      DB_PASSWORD:  <set to the key 'password' in secret 'db'>  Optional: false
`,
  headers: `HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer realm="api", error="invalid_token"
Cache-Control: no-store
ETag: "33a64df551425fcc55e4d42a148795d9f25f89d4"
Authorization: required
the bearer token authentication scheme is used
`,
  source: `function token(input: string, key: number) { return tokens[key]; }
const password = process.env.DB_PASSWORD;
if (secret === null) throw new Error('no secret');
$1$ is a prefix; $6$ too; cost $5 and $10
export PATH=/usr/local/bin:/usr/bin
`,
};

test.each(Object.entries(outputs))('%s', async (_name, text) => {
  const { shown } = await redactWhole(text);
  expect(shown.toString()).toBe(text);
});

test('a million lines of an access log, and bytes that are no text, hold nothing', async () => {
  const line =
    '10.0.0.1 - - [27/Nov/2026:02:16:22 +0000] "GET /api/v1/items?id=42 HTTP/1.1" 200 512 "-" "Mozilla/5.0"\n';
  const { spans } = await redactWhole(line.repeat(20_000));
  expect(spans).toEqual([]);
});

test('in bytes that are no text a name and a quote are chance, in a line of text they are not', async () => {
  const random = Buffer.concat([
    Buffer.from("\xb4\u0002\xfepwD:'", 'latin1'),
    Buffer.from("\xf6\u0008\xb5\u0015\u0006}\xf2\xddZ\u0010N \xa1\xeac'\t\xe3", 'latin1'),
  ]);
  expect((await redactWhole(random)).spans).toEqual([]);
  expect((await redactWhole("pwD:'a value that is text'")).spans).toMatchObject([{ rule: 'assignment' }]);
  const marks = Buffer.from('\xed\xa4\xe5://U1\xa8b\xb1\x15:\xb1\xce([\x03m\xdc7\xba:K\xbe\xd5dE@9\xb0', 'latin1');
  expect((await redactWhole(marks)).spans).toEqual([]);
  expect((await redactWhole('http://U1:Kd4E@9')).spans).toMatchObject([{ rule: 'address' }]);
});

test('what a node prints can not switch the rules off', async () => {
  const secret = ['gh', 'p_', 'a1B2'.repeat(9)].join('');
  for (const before of ['// secretlint-disable\n', '# secretlint-disable-line ', '/* secretlint-disable */ ']) {
    const { shown } = await redactWhole(`${before}remote ${secret}\n`);
    expect(shown.toString()).not.toContain(secret);
  }
});

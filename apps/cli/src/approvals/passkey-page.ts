// Where passkeys of `sena` live, and the pages they are used on: plain HTML of this program's own, no script from elsewhere. Pure.

/** Browsers take http for safe on localhost alone; a passkey made there works on no other name. */
export const rpId = 'localhost';
/** S-E-N-A on a telephone. Satellites list the origin, so it is the same every time. */
export const defaultPort = 7362;

export function originOf(port: number): string {
  return `http://${rpId}:${port}`;
}

export interface Page {
  readonly title: string;
  /** Shown as text, byte for byte. */
  readonly text: string;
  readonly button: string;
  /** For `navigator.credentials`: base64url where bytes are meant, at `challenge` and `user.id`. */
  readonly ask: { readonly kind: 'create' | 'get'; readonly publicKey: object };
}

export function writePage(
  { title, text, button, ask }: Page,
  { nonce, answerPath }: { nonce: string; answerPath: string },
): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escapeHtml(title)}</title>
<style nonce="${nonce}">
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 3rem auto; padding: 0 1rem; color-scheme: light dark; }
  pre { padding: 1rem; border: 1px solid; overflow-x: auto; unicode-bidi: bidi-override; direction: ltr; }
  button { font: inherit; padding: .5rem 1.5rem; }
</style>
<h1>${escapeHtml(title)}</h1>
<pre>${escapeHtml(text)}</pre>
<button id="go">${escapeHtml(button)}</button>
<p id="said" role="status"></p>
<script nonce="${nonce}">
  const ask = ${JSON.stringify(ask).replaceAll('<', '\\u003c')};
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  const say = (words) => { document.getElementById('said').textContent = words; };
  const go = document.getElementById('go');
  go.addEventListener('click', async () => {
    go.disabled = true;
    say('Your passkey is asked …');
    try {
      const publicKey = { ...ask.publicKey, challenge: bytes(ask.publicKey.challenge) };
      if (publicKey.user) publicKey.user = { ...publicKey.user, id: bytes(publicKey.user.id) };
      const { id, response } = await navigator.credentials[ask.kind]({ publicKey });
      const answer = { id };
      for (const part of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature'])
        if (response[part]) answer[part] = text(response[part]);
      const taken = await fetch(${JSON.stringify(answerPath)}, {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer),
      });
      const { done, words } = await taken.json();
      say(words);
      go.disabled = done;
    } catch (error) {
      say('Nothing was signed: ' + (error && error.message ? error.message : error));
      go.disabled = false;
    }
  });
</script>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

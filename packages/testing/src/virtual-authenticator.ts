// A passkey device inside Chromium, whose owner is always there and always known. Entered by tests of pages that use passkeys. Belongs to one
// page: what was made on it is asked for on it.
import type { Page } from 'playwright-core';

export interface VirtualAuthenticator {
  /** Whether its owner is found out from now on. */
  recognize(isOwner: boolean): Promise<void>;
  /** How many passkeys it holds. */
  count(): Promise<number>;
}

export async function addVirtualAuthenticator(page: Page): Promise<VirtualAuthenticator> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    async recognize(isOwner) {
      await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: isOwner });
    },
    async count() {
      const { credentials } = await devtools.send('WebAuthn.getCredentials', { authenticatorId });
      return credentials.length;
    },
  };
}

// The console's one way to SENA: the page's own origin, the session cookie. Features call it through their queries.
import { createClient } from '@sena/sdk/create-client';

/** Calls go to the origin that served the page; whatever stands in front sends `/v1` to the gateway. */
export const apiBaseUrl = '';
export const sena = createClient({ baseUrl: apiBaseUrl });

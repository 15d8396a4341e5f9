// A browser without a session is sent to the sign-in before any page asks the API who it is; one with a session never is.
import { expect, test } from 'vitest';
import { safeNextPath } from './safe-next-path.ts';
import { signInAddress } from './sign-in-address.ts';

const nothing = () => false;
const holding = (cookie: string) => (name: string) => name === cookie;

test.each([
  ['/', '', '/'],
  ['/runs/run_1', '?output=x&y=z', '/runs/run_1?output=x&y=z'],
  ['/no-such-page', '', '/no-such-page'],
  ['/sign-in/more', '', '/sign-in/more'],
])('%s%s is asked for by a stranger, and comes after the sign-in', (pathname, search, after) => {
  const address = new URL(signInAddress({ pathname, search }, nothing) ?? '', 'http://console.test');
  expect(address.pathname).toBe('/sign-in');
  expect(safeNextPath(address.searchParams.get('next'))).toBe(after);
});

test.each(['//evil.example/x', '/\\evil.example'])('%s leads to no other place', (pathname) => {
  const address = new URL(signInAddress({ pathname, search: '' }, nothing) ?? '', 'http://console.test');
  expect(address.origin).toBe('http://console.test');
  expect(safeNextPath(address.searchParams.get('next'))).toBe('/');
});

test.each(['/sign-in', '/invitation'])('%s is for strangers', (pathname) => {
  expect(signInAddress({ pathname, search: '?next=%2Fruns' }, nothing)).toBeNull();
});

test.each(['sena.session_token', '__Host-sena.session_token'])('who holds %s sees the page', (cookie) => {
  expect(signInAddress({ pathname: '/runs', search: '' }, holding(cookie))).toBeNull();
});

test('another cookie is no session', () => {
  expect(signInAddress({ pathname: '/runs', search: '' }, holding('sena.two_factor'))).not.toBeNull();
});

// The few variables of the supervisor's own environment that its processes get. Everything else is named one by one.
// Pure.

const everyone = [
  ...['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'NODE_EXTRA_CA_CERTS'],
  // Where Node keeps code that is parsed and stripped; without it every start does both again.
  'NODE_COMPILE_CACHE',
];
/** The model's vendor may lie behind the company's proxy. */
const outward = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'NODE_USE_ENV_PROXY',
];

export function inheritedEnvironment(
  environment: Record<string, string | undefined>,
  { reachesOut = false }: { reachesOut?: boolean } = {},
): Record<string, string> {
  const names = reachesOut ? [...everyone, ...outward] : everyone;
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

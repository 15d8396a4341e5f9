// Data: what names another machine without a question to a name server, which a name that was put together could carry a secret to.

const ipv4 = '[0-9]{1,3}(?:[.][0-9]{1,3}){3}';
const ipv6 = '[0-9a-fA-F]{0,4}:[0-9a-fA-F:]*(?:[0-9.]*)';

export const address = { pattern: `(?:${ipv4}|${ipv6})(?:/[0-9]{1,3})?` };
/** Names without a dot too: they stay within the domains that the node searches. */
export const addressOrShortName = { pattern: `${address.pattern}|[A-Za-z0-9_][A-Za-z0-9_-]*` };

const separator = '[ ()!<>=|&,]';
const port = '(?::(?:[0-9]{1,5}|[a-z][a-z0-9-]*))?';
const filterWord = [
  `${ipv4}(?:/[0-9]{1,2})?${port}`,
  `\\[[0-9a-fA-F:]*\\](?:/[0-9]{1,3})?${port}`,
  `[0-9a-fA-F]{0,4}::[0-9a-fA-F:]*(?:/[0-9]{1,3})?`,
  `[*]?:(?:[0-9]{1,5}|[*]|[a-z][a-z0-9-]*)`,
  '[A-Za-z0-9_-]+',
  '[*]',
].join('|');
/** The filter of `ss`: addresses, ports, states and what joins them. */
export const socketFilter = { pattern: `(?:${separator}+|(?:${filterWord})(?=${separator}|$))*` };

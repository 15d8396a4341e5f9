// An IP address as people write it: `::1`, not its eight groups. Pure.

export function shortenAddress(address: string): string {
  if (!address.includes(':')) return address;
  const url = `http://[${address}]`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : address;
}

/** Relay addresses as people and apps write them, made equal where they mean the same relay. */

/** The normal form of a `ws:` or `wss:` address: lowercase host, no bare trailing slash, no fragment; null for anything else. */
export function parseRelayUrl(text: string): string | null {
  const url = URL.parse(text.trim());
  if (url === null || (url.protocol !== 'ws:' && url.protocol !== 'wss:') || url.hostname === '') return null;
  // A name and password in an address would end up in logs, and no relay asks for them.
  if (url.username !== '' || url.password !== '') return null;
  url.hash = '';
  return url.pathname === '/' && url.search === '' ? url.href.replace(/\/$/, '') : url.href;
}

/** Whether an app elsewhere can reach it: what names this very machine is another one there. */
export function isReachable(url: string): boolean {
  return !/^(localhost|127\..*|\[::1\]|.*\.localhost)$/.test(URL.parse(url)?.hostname ?? 'localhost');
}

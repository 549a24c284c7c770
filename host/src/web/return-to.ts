/**
 * Where an app wants its user back: `callbackUrl` (texts of early 2024) or `redirect_uri` (later ones) in the address of a page. It is
 * the app's wish and nobody checked it: http and https only, shown with the whole of its origin, and only ever a link that a person clicks.
 */

/** `query` is how our own pages hand it on. */
export type ReturnTo = { readonly href: string; readonly origin: string; readonly query: string };

/** Three times as much, as escaping may make of it, still fits an address of our own pages (`urlMax` in app.ts). */
const hrefMax = 2_048;

/** Reads it from a query; null where there is none, or none that is honoured. */
export function returnTo(query: URLSearchParams): ReturnTo | null {
  const text = query.get('callbackUrl') ?? query.get('redirect_uri');
  const url = text === null || text.length > hrefMax ? null : URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null;
  // What stands before an @ is read as the name of the site.
  if (url.username !== '' || url.password !== '') return null;
  return { href: url.href, origin: url.origin, query: `?callbackUrl=${encodeURIComponent(url.href)}` };
}

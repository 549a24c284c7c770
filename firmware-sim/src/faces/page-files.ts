/** The files of the browser face: three of them, named here, so that no path of a request reaches the disk. */
import { readFileSync } from 'node:fs';

export type PageFile = { readonly type: string; readonly bytes: Buffer };

const files: ReadonlyMap<string, readonly [string, string]> = new Map([
  ['/', ['index.html', 'text/html; charset=utf-8']],
  ['/face.js', ['face.js', 'text/javascript; charset=utf-8']],
  ['/face.css', ['face.css', 'text/css; charset=utf-8']],
]);

/** The file that stands at a path of the page, or null. */
export function pageFile(path: string): PageFile | null {
  const file = files.get(path);
  if (file === undefined) return null;
  const [name, type] = file;
  return { type, bytes: readFileSync(new URL(`../../page/${name}`, import.meta.url)) };
}

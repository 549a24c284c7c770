/**
 * The files of the page, as the build left them. They are read once, and only these are ever served: an address is a name in a table,
 * never a path.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

export type PageFile = {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly gzip: Uint8Array<ArrayBuffer>;
  /** Its name holds a hash of what is in it: it never changes. */
  readonly lasting: boolean;
};

/** Each by its address: `/`, `/assets/main-….js`. */
export type PageFiles = ReadonlyMap<string, PageFile>;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Where the build of a page is, seen from `src/` and from `dist/` alike. */
export function builtPage(page: 'dashboard' | 'demo-app'): string {
  return fileURLToPath(new URL(`../../${page}/dist/`, import.meta.url));
}

/** Reads a built page; null when nobody has built it. */
export function readPage(dir: string): PageFiles | null {
  const files = new Map<string, PageFile>();
  let names: readonly string[];
  try {
    names = readdirSync(dir, { recursive: true, encoding: 'utf8' });
  } catch {
    return null; // Said by whoever asked for it.
  }
  for (const name of names) {
    const type = types[extname(name)];
    if (type === undefined) continue;
    const bytes = Uint8Array.from(readFileSync(join(dir, name)));
    const address = `/${name.replaceAll('\\', '/')}`;
    const file = { type, bytes, gzip: Uint8Array.from(gzipSync(bytes)), lasting: address.startsWith('/assets/') };
    files.set(address === '/index.html' ? '/' : address, file);
  }
  return files.has('/') ? files : null;
}

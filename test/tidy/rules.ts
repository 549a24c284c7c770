/**
 * The rules of this repository that a test can hold, each as a function from sources to breaches. A breach names the file, the
 * line and the rule, so that whoever meets it knows what to do.
 */

/** A source file: its path from the root of the repository, with forward slashes, and its text. */
export type Source = { readonly path: string; readonly text: string };
export type Breach = { readonly path: string; readonly line: number; readonly rule: string };
export type Rule = (source: Source) => readonly Breach[];

/** Folders that decide and do nothing: time, chance and the world reach them as arguments. */
const pure: readonly RegExp[] = [
  /^device-protocol\/src\//,
  /^firmware-sim\/src\/firmware\//,
  /^host\/src\/core\//,
  /^host\/src\/loopback-relay\/(relay-core|client-message|filter)\.ts$/,
];

/** What each part may import: relative within itself, and these packages. The order of the design, not of convenience. */
const directions: readonly { readonly from: RegExp; readonly root: RegExp; readonly packages: RegExp }[] = [
  {
    from: /^device-protocol\/src\//,
    root: /^device-protocol\/src\//,
    packages: /^(cbor-x\/|@noble\/(curves\/abstract\/montgomery|ciphers\/chacha|hashes\/(hmac|sha2))\.js$)/,
  },
  {
    from: /^firmware-sim\/src\/firmware\//,
    root: /^firmware-sim\/src\/firmware\//,
    packages: /^(@sallyport\/device-protocol$|@noble\/|@scure\/)/,
  },
  {
    from: /^firmware-sim\/src\//,
    root: /^firmware-sim\/src\//,
    packages: /^(node:|@sallyport\/device-protocol$|@lydell\/node-pty$|serialport$|tiny-secp256k1$)/,
  },
  {
    from: /^host\/src\/core\//,
    root: /^host\/src\/core\//,
    packages: /^(@sallyport\/device-protocol$|@noble\/hashes\/|nostr-tools\/)/,
  },
  {
    // The page: of the host it knows the types of its API, which are gone when it is built, and what is pure.
    from: /^host\/dashboard\//,
    root: /^host\/(dashboard\/|src\/(control\/routes|core\/))/,
    packages: /^(preact(\/hooks)?$|@preact\/signals$|uqr$|vite$|node:url$)/,
  },
  {
    // An app as others make them: it knows nothing of the host, and borrows how the dashboard looks.
    from: /^host\/demo-app\//,
    root: /^host\/(demo-app\/|dashboard\/src\/(style\.css|parts\/qr))/,
    packages: /^(preact$|@preact\/signals$|nostr-tools\/|vite$|node:url$)/,
  },
  {
    from: /^host\/src\//,
    root: /^host\/src\//,
    packages:
      /^(node:|@sallyport\/device-protocol$|@noble\/(hashes|ciphers)\/|nostr-tools\/|serialport$|tiny-secp256k1$|ws$|uqr$|env-paths$|hono(\/|$)|@hono\/node-server$|zod$|commander$|pino$|dbus-native$)/,
  },
];

const lines = (source: Source): readonly string[] => source.text.split('\n');

/** Imports go one way: device-protocol knows nobody, host and firmware-sim know it only, the pure cores know no edge. */
export const importsGoOneWay: Rule = (source) => {
  const direction = directions.find((one) => one.from.test(source.path));
  if (direction === undefined) return [];
  return lines(source).flatMap((text, index) => {
    const target = /(?:\bfrom|\bimport\(|^\s*import)\s*'([^']+)'/.exec(text)?.[1];
    if (target === undefined) return [];
    const allowed = target.startsWith('.')
      ? direction.root.test(resolved(source.path, target))
      : direction.packages.test(target);
    return allowed ? [] : [{ path: source.path, line: index + 1, rule: `may not import ${target}` }];
  });
};

/** What a pure file may not name. Comments may. */
const impure =
  /(?<=')(node:)|\b(setTimeout|setInterval|setImmediate|queueMicrotask|Date\b|Math\.random|Buffer\b|process\.|console\.|fetch\(|performance\.|TextEncoder|TextDecoder|crypto\.getRandomValues)/;

/** The cores are pure. */
export const coresArePure: Rule = (source) => {
  if (!pure.some((folder) => folder.test(source.path))) return [];
  return lines(source).flatMap((text, index) => {
    const found = impure.exec(withoutComment(text))?.[0];
    return found === undefined
      ? []
      : [{ path: source.path, line: index + 1, rule: `a pure file may not use ${found}` }];
  });
};

/** Every file says first what it is. */
export const filesOpenWithAComment: Rule = (source) =>
  /^(#!.*\n)?\/(\*\*|\/ )/.test(source.text)
    ? []
    : [{ path: source.path, line: 1, rule: 'opens without saying what it is' }];

const fileMax = 300;
const testFileMax = 450;
const functionMax = 70;

/** Files and functions fit the eye. Tests are lists of cases, and may be longer. */
export const filesFitTheEye: Rule = (source) => {
  const max = source.path.startsWith('test/') ? testFileMax : fileMax;
  const count = lines(source).length - 1;
  return count <= max ? [] : [{ path: source.path, line: max, rule: `${count} lines, more than ${max}` }];
};

/** The first line of what counts as a function. */
const functionBegins: readonly RegExp[] = [
  /^ *(?:export )?(?:async )?function\b.*[^}]$/,
  /^ *(?:export )?const \w+.* => \{$/,
  // A signature over several lines: counted from its end.
  /^ *\).* => \{$/,
  // Methods, and properties that are arrow functions.
  /^ *(?!if\b|for\b|while\b|switch\b|catch\b)(?:async )?\w+\(.*\)(?:: .+)? \{$/,
  /^ *\w+: .* => \{$/,
];
const functionEnds = /^ *\}[);,]*$/;

/**
 * A function, a method or a named arrow function ends at the next brace in its own column: Biome's format guarantees it. A factory
 * whose body is functions is read one of them at a time, so what counts is a function's lines without those of the functions
 * inside it. Tests are lists.
 */
export const functionsFitTheEye: Rule = (source) => {
  if (source.path.startsWith('test/')) return [];
  const breaches: Breach[] = [];
  const open: { column: number; start: number; inner: number }[] = [];
  for (const [index, text] of lines(source).entries()) {
    if (functionBegins.some((begin) => begin.test(text))) open.push({ column: columnOf(text), start: index, inner: 0 });
    const current = open.at(-1);
    if (current === undefined || !functionEnds.test(text) || columnOf(text) !== current.column) continue;
    open.pop();
    const length = index - current.start + 1;
    const outer = open.at(-1);
    if (outer !== undefined) outer.inner += length;
    const own = length - current.inner;
    if (own > functionMax)
      breaches.push({ path: source.path, line: current.start + 1, rule: `a function of ${own} lines` });
  }
  return breaches;
};

/** Assembled, so that this file does not break the rule it states. */
const words = (parts: readonly string[]): RegExp => new RegExp(parts.join('|'));
const leftOvers = words([
  'TO' + 'DO',
  'FIX' + 'ME',
  '@ts-' + 'ignore',
  '@ts-' + 'expect-error',
  '\\.on' + 'ly\\(',
  'eslint-' + 'disable',
]);
const looseTypes = words(['as' + ' any\\b', ':' + ' any\\b', '<' + 'any\\b']);

/** Nothing is left for later, and nothing is loosely typed. */
export const nothingIsLeftOver: Rule = (source) =>
  lines(source).flatMap((text, index) => {
    const found = (leftOvers.exec(text) ?? looseTypes.exec(withoutComment(text)))?.[0];
    return found === undefined ? [] : [{ path: source.path, line: index + 1, rule: `"${found}" is left over` }];
  });

/** A folder or file without a concept has no place. */
export const namesSaySomething: Rule = (source) =>
  /(^|\/)(utils?|helpers?|misc|common|lib)(\/|\.ts$)/.test(source.path)
    ? [{ path: source.path, line: 1, rule: 'its name says nothing' }]
    : [];

export const rules: readonly Rule[] = [
  importsGoOneWay,
  coresArePure,
  filesOpenWithAComment,
  filesFitTheEye,
  functionsFitTheEye,
  nothingIsLeftOver,
  namesSaySomething,
];

function columnOf(text: string): number {
  return text.search(/\S/);
}

/** The path that a relative import names, from the root of the repository. */
function resolved(from: string, target: string): string {
  return new URL(target, `file:///${from}`).pathname.slice(1);
}

/** Block comments stand on lines of their own in this repository; the rest of a line after `//` is comment. */
function withoutComment(text: string): string {
  return /^\s*(\/?\*|\/\/)/.test(text) ? '' : text.replace(/(^|\s)\/\/ .*$/, '');
}

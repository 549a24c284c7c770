/** Style is a test: every source of the repository against the rules, and every rule against a source that breaks it. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { commands, decodeCbor, deviceErrors, notices } from '../../device-protocol/src/index.ts';
import {
  coresArePure,
  filesFitTheEye,
  filesOpenWithAComment,
  functionsFitTheEye,
  importsGoOneWay,
  namesSaySomething,
  nothingIsLeftOver,
  type Rule,
  rules,
} from './rules.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(root, path)));
const sources = tracked.filter((path) => /\.(ts|tsx|js)$/.test(path)).map((path) => ({ path, text: read(path) }));

test('every source keeps every rule', () => {
  expect(sources.length).toBeGreaterThan(100);
  const breaches = sources.flatMap((source) => rules.flatMap((rule) => rule(source)));
  expect(breaches.map(({ path, line, rule }) => `${path}:${line}: ${rule}`)).toEqual([]);
});

const broken: readonly (readonly [string, Rule, string, string])[] = [
  [
    'the host imports the firmware',
    importsGoOneWay,
    'host/src/host.ts',
    "import { boot } from '../../firmware-sim/src/index.ts';",
  ],
  [
    'the protocol imports the host',
    importsGoOneWay,
    'device-protocol/src/a.ts',
    "import { a } from '../../host/src/a.ts';",
  ],
  ['the core imports an edge', importsGoOneWay, 'host/src/core/a.ts', "import { b } from '../store/store.ts';"],
  ['the host imports for the effect', importsGoOneWay, 'host/src/a.ts', "import '@sallyport/firmware-sim';"],
  ['the firmware core imports node', importsGoOneWay, 'firmware-sim/src/firmware/a.ts', "import { b } from 'node:fs';"],
  ['a core reads the clock', coresArePure, 'host/src/core/a.ts', 'const now = Date.now();'],
  ['a core draws chance', coresArePure, 'device-protocol/src/a.ts', 'const x = Math.random();'],
  ['a core sets a timer', coresArePure, 'firmware-sim/src/firmware/a.ts', '  setTimeout(go, 1);'],
  ['a file opens with code', filesOpenWithAComment, 'host/src/a.ts', 'const a = 1;'],
  ['a file is too long', filesFitTheEye, 'host/src/a.ts', 'x\n'.repeat(301)],
  ['a function is too long', functionsFitTheEye, 'host/src/a.ts', `function a() {\n${'  x();\n'.repeat(70)}}\n`],
  ['an arrow is too long', functionsFitTheEye, 'host/src/a.ts', `const a = () => {\n${'  x();\n'.repeat(70)}};\n`],
  ['a method is too long', functionsFitTheEye, 'host/src/a.ts', `  close() {\n${'    x();\n'.repeat(70)}  },\n`],
  ['something is left for later', nothingIsLeftOver, 'host/src/a.ts', `// ${'TO'}${'DO'}: later`],
  ['a folder has no concept', namesSaySomething, 'host/src/utils/a.ts', ''],
];

test.each(broken)('the rules see it when %s', (_name, rule, path, text) => {
  expect(rule({ path, text })).toHaveLength(1);
});

test('a comment may name what a core may not use', () => {
  const text = '/** No Date, no setTimeout. */\nconst a = 1; // not Math.random\n * and no Buffer\n';
  expect(coresArePure({ path: 'host/src/core/a.ts', text })).toEqual([]);
});

test('every row of the tables has vectors', () => {
  const { valid, invalid }: Vectors = JSON.parse(read('device-protocol/vectors/messages.json'));
  const errorsSaid = new Set(valid.map((vector) => vector.decoded.error));
  const validRows = new Set(valid.map((vector) => rowOf(vector.decoded)));
  const invalidRows = new Set(invalid.map((vector) => rowOfHex(vector.hex)));
  const bodies = Object.keys(commands).flatMap((name) => [`request ${name}`, `reply ${name}`]);
  const rows = [...bodies, ...Object.keys(notices).map((name) => `notice ${name}`)];
  expect(rows.filter((row) => !validRows.has(row))).toEqual([]);
  expect(rows.filter((row) => !invalidRows.has(row))).toEqual([]);
  expect(Object.keys(deviceErrors).filter((error) => !errorsSaid.has(error))).toEqual([]);
});

const documents = ['README.md', 'ARCHITECTURE.md', 'SECURITY.md', 'firmware-sim/README.md'];

test('a file that a document names is there', () => {
  const named = documents.flatMap((path) => [...read(path).matchAll(/`([\w./-]+\.(?:ts|md|json|cddl))`/g)]);
  const gone = named.filter(([, name = '']) => !tracked.some((path) => `/${path}`.endsWith(`/${name}`)));
  expect(gone.map(([, name]) => name)).toEqual([]);
});

test('every promise of SECURITY.md names a test, and every title that it quotes is in a file that it names', () => {
  const rows = read('SECURITY.md')
    .split('\n')
    .filter((line) => line.startsWith('| **'));
  expect(rows.length).toBeGreaterThanOrEqual(30);
  const wrong = rows.flatMap((row) => {
    const named = [...row.matchAll(/`(test\/[\w./-]+|[\w-]+\.test\.ts)`/g)].map(([, name = '']) => name);
    const files = named.map((name) => tracked.filter((path) => `/${path}`.includes(`/${name}`)));
    const tests = files
      .flat()
      .filter((path) => path.startsWith('test/') && path.endsWith('.ts'))
      .map(read);
    const quoted = [...row.matchAll(/\("([^"]+)"\)/g)].map(([, title = '']) => title);
    const isThere = (title: string) =>
      tests.some((text) => title.split('…').every((part) => text.includes(part.trim())));
    const gone = named.filter((_, i) => files[i]?.length === 0);
    return [...(tests.length === 0 ? [row] : []), ...gone, ...quoted.filter((title) => !isThere(title))];
  });
  expect(wrong).toEqual([]);
});

test('ARCHITECTURE.md names every folder of sources', () => {
  const architecture = read('ARCHITECTURE.md');
  const folders = new Set(sources.map(({ path }) => path.split('/').slice(0, -1).at(-1) ?? ''));
  const plain = ['', 'bin', 'src'];
  expect([...folders].filter((name) => !plain.includes(name) && !architecture.includes(`${name}/`))).toEqual([]);
});

test('no text was left in the middle of a merge', () => {
  const texts = tracked.filter((path) => /\.(md|json|cddl|ts|js|css|html|txt)$/.test(path));
  expect(texts.filter((path) => /^(<{7}|>{7}) /m.test(read(path)))).toEqual([]);
});

test('versions are pinned, and the lockfile names no registry', () => {
  for (const path of tracked.filter((name) => name.endsWith('package.json'))) {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(read(path));
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(String(version)),
    );
    expect(loose, path).toEqual([]);
  }
  expect(read('package-lock.json')).not.toMatch(/"resolved": "https?:/);
});

test('README has a line for every dependency', () => {
  const readme = read('README.md');
  const names = tracked
    .filter((name) => name.endsWith('package.json'))
    .flatMap((path) => {
      const { dependencies = {}, devDependencies = {} } = JSON.parse(read(path));
      return Object.keys({ ...dependencies, ...devDependencies });
    })
    .filter((name) => !name.startsWith('@sallyport/'));
  expect([...new Set(names)].filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
});

type Vectors = {
  readonly valid: readonly { readonly decoded: Decoded }[];
  readonly invalid: readonly { readonly hex: string }[];
};
type Decoded = { readonly type: string; readonly command?: string; readonly notice?: string; readonly error?: string };

/** Type and row of a decoded vector, as `request sign_event`. */
function rowOf(decoded: Decoded): string {
  return `${decoded.type} ${decoded.command ?? decoded.notice}`;
}

/** The same of one that does not parse: by the numbers of its envelope, where they can be read. */
function rowOfHex(hex: string): string {
  const decoded = decodeCbor(Uint8Array.from(Buffer.from(hex, 'hex')));
  if ('wrong' in decoded || !(decoded.value instanceof Map)) return '';
  const [type, code] = [decoded.value.get(0), decoded.value.get(2)];
  const table = type === 3 ? notices : commands;
  const name = Object.entries(table).find(([, row]) => row.code === code)?.[0];
  return `${['request', 'reply', 'error', 'notice'][Number(type)]} ${name}`;
}

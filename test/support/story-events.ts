/** The events that the stories have signed, whatever the client: everything in them is fixed, so that screens are golden files. */
import { verifyEvent } from 'nostr-tools/pure';
import { expect } from 'vitest';
import { devicePubkey } from './whole.ts';

export type Template = {
  readonly kind: number;
  readonly created_at: number;
  readonly tags: string[][];
  readonly content: string;
};

const created_at = 1_735_787_045;
const pubkeys = Array.from({ length: 40 }, (_, i) => (i + 1).toString(16).padStart(64, 'c'));

/** The kinds of issue 2, and what is hard about texts. */
export const storyEvents: Readonly<Record<string, Template>> = {
  note: { kind: 1, created_at, tags: [['t', 'nostr']], content: 'Good morning, Nostr!' },
  profile: {
    kind: 0,
    created_at,
    tags: [],
    content: '{"name":"alice","about":"gates & keys","picture":"https://example.com/a.png"}',
  },
  follows: { kind: 3, created_at, tags: pubkeys.map((pubkey) => ['p', pubkey, '', '']), content: '' },
  article: {
    kind: 30023,
    created_at,
    tags: [
      ['d', 'artikel'],
      ['title', 'Überall'],
      ['published_at', ''],
      ['e', ''],
    ],
    content: '# Ein Artikel\n\nMit zwei Absätzen,\nund einem letzten.\n',
  },
  'sixty-thousand': { kind: 1, created_at, tags: [], content: 'sixty thousand. '.repeat(3_750) },
  'two-hundred-kb': { kind: 30023, created_at, tags: [['d', 'long']], content: 'two hundred KB! '.repeat(12_800) },
};

/** Every script, emoji of several code points, every control character, and an empty tag value: shown on all its pages. */
export const unicode: Template = {
  kind: 1,
  created_at,
  tags: [
    ['e', ''],
    ['', ''],
    ['emoji', '🐎', ''],
  ],
  content: [
    'Русский, 中文文本，日本語、한국어, עברית, العربية.',
    '👩‍👩‍👧‍👦 🏳️‍🌈 e\u0301 \u202eevil\u202c "quoted" back\\slash',
    String.fromCharCode(...Array.from({ length: 32 }, (_, i) => i), 127, 0x2028, 0x2029),
  ].join('\n'),
};

/**
 * A signed event as it came: it is exactly the template, signed by the device, and verifies. On an object fresh from
 * `JSON.parse`, because nostr-tools trusts a cached symbol that survives copying.
 */
export function expectSigned(event: object, template: Template): void {
  const text = JSON.stringify(event);
  expect(verifyEvent(JSON.parse(text))).toBe(true);
  const { id: _id, sig: _sig, ...rest } = JSON.parse(text);
  expect(rest).toEqual({ ...template, pubkey: devicePubkey });
}

/** Requested permissions, in the forms that clients write: a closed list comes out of any text. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyMethods } from '../../../firmware-sim/src/firmware/policy/grant.ts';
import { readPerms } from '../../../firmware-sim/src/firmware/policy/perms.ts';

/** As one line: `sign_event:1,nip44_encrypt`, with `*` for every kind and `-n` for what was dropped. */
const read = (text: string): string => {
  const { wanted, everyKind, dropped } = readPerms(text);
  const words = wanted.map(({ method, kind }) => (kind === null ? method : `${method}:${kind}`));
  return [...words, ...(everyKind ? ['*'] : []), ...(dropped > 0 ? [`-${dropped}`] : [])].join(',');
};

describe('the forms', () => {
  test.each([
    // NIP-46's own examples, of 2024 and of today.
    ['nip04_encrypt,sign_event:4', 'nip04_encrypt,sign_event:4'],
    ['nip44_encrypt,sign_event:4', 'nip44_encrypt,sign_event:4'],
    [
      'nip44_encrypt,nip44_decrypt,sign_event:13,sign_event:14,sign_event:1059',
      'nip44_encrypt,nip44_decrypt,sign_event:13,sign_event:1059,-1',
    ],
    ['', ''],
    ['sign_event:1', 'sign_event:1'],
    ['sign_event', '*'],
    ['sign_event,sign_event:7', 'sign_event:7,*'],
    [' sign_event:1 , nip04_decrypt ,', 'sign_event:1,nip04_decrypt'],
    ['sign_event: 30023', 'sign_event:30023'],
    ['sign_event:1,sign_event:1,nip44_encrypt,nip44_encrypt', 'sign_event:1,nip44_encrypt'],
    ['get_public_key,ping,connect,switch_relays,get_relays,logout', ''],
    ['["sign_event:1","nip44_encrypt"]', 'sign_event:1,nip44_encrypt'],
    ['[{"type":"sign_event","kind":22242},{"type":"nip44_decrypt"}]', 'sign_event:22242,nip44_decrypt'],
    ['[{"type":"sign_event"}]', '*'],
    ['[{"type":"sign_event","kind":null}]', '*'],
  ])('%s', (text, wanted) => expect(read(text)).toBe(wanted));
});

describe('what is dropped, and is not fatal', () => {
  test.each([
    ['sign_event:14,sign_event:15,sign_event:24133,sign_event:1', 'sign_event:1,-3'],
    ['sign_event:65536', '-1'],
    ['sign_event:-1', '-1'],
    ['sign_event:1e3', '-1'],
    ['sign_event:01', '-1'],
    ['sign_event:0x10', '-1'],
    ['sign_event:', '-1'],
    ['sign_event:1:2', '-1'],
    ['sign_event:*', '-1'],
    // Parameters of other methods are "to be defined later": one that is not understood may be a restriction.
    ['nip44_encrypt:abc', '-1'],
    ['nip44v3_encrypt,decrypt_zap_event,describe', '-3'],
    ['SIGN_EVENT:1', '-1'],
    ['constructor,__proto__,toString', '-3'],
    ['[1,null,{"type":7},{"type":"sign_event","kind":"1"},[]]', '-5'],
    ['[{"type":"sign_event","kind":1.5},{"type":"sign_event","kind":14}]', '-2'],
    ['["sign_event:1"', '-1'],
  ])('%s', (text, wanted) => expect(read(text)).toBe(wanted));

  test('more than a human would read', () => {
    const many = Array.from({ length: 100 }, (_, i) => `sign_event:${30_000 + i}`).join(',');
    expect(readPerms(many)).toMatchObject({ wanted: { length: 32 }, dropped: 68 });
    expect(readPerms('x,'.repeat(1_000_000)).wanted).toEqual([]);
    expect(readPerms(`[${'['.repeat(100_000)}`).wanted).toEqual([]);
  });

  test('what is not read to its end is not read as something else', () => {
    const begun = `${'ping,'.repeat(407)}sign_event:3`;
    expect(read(`${begun.padStart(2_048)}0023`)).toBe('-1');
    expect(read(`${begun.padStart(2_048)},sign_event:1`)).toBe('sign_event:3,-1');
  });
});

test('any text gives a closed, bounded list, and nothing that is never signed', () => {
  const pieces = fc.constantFrom(
    'sign_event',
    ':',
    ',',
    '[',
    ']',
    '"',
    '{"type":"',
    'nip44_decrypt',
    '14',
    '1',
    ' ',
    '24133',
    '}',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 40 }).map((all) => all.join('')),
    fc.json(),
  );
  fc.assert(
    fc.property(text, (one) => {
      const { wanted } = readPerms(one);
      return (
        wanted.length <= 32 &&
        wanted.every(
          ({ method, kind, peer }) =>
            keyMethods.includes(method) &&
            peer === null &&
            (method === 'sign_event') === (kind !== null) &&
            ![14, 15, 24133].includes(kind ?? 0),
        )
      );
    }),
    { numRuns: 2_000 },
  );
});

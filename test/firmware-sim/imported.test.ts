/** A key that was imported was known to a computer: every screen that names its account says so, on both boards. */
import { expect, test } from 'vitest';
import { LCD240, OLED128 } from '../../firmware-sim/src/firmware/env.ts';
import { originLines } from '../../firmware-sim/src/firmware/flows/account-flows.ts';
import {
  type Asker,
  type Review,
  reviewDecryption,
  reviewEncryption,
} from '../../firmware-sim/src/firmware/screen/review.ts';
import { reviewPairing, reviewTogether } from '../../firmware-sim/src/firmware/screen/review-apps.ts';
import { draw, layOut } from '../../firmware-sim/src/firmware/screen/screens.ts';

const pubkey = new Uint8Array(32).fill(0x5c);
const peer = new Uint8Array(32).fill(7);

const reviews = (imported: boolean): readonly Review[] => {
  const asker: Asker = { account: 'Main', label: 'Coracle', pubkey, imported, by: 'app' };
  return [
    reviewDecryption('nip44_decrypt', asker, peer, 132),
    reviewEncryption('nip44_encrypt', asker, peer, 5),
    reviewTogether(asker, [{ command: 'nip44_decrypt', peer, text: { length: 1 } }]),
    reviewPairing({
      name: 'Coracle',
      by: 'app',
      client: peer,
      account: { name: 'Main', pubkey, imported },
      wishes: 0,
      everyKind: false,
      replaces: null,
      again: false,
    }),
  ];
};

test.each([LCD240, OLED128])('$name', (board) => {
  for (const imported of [true, false]) {
    for (const review of reviews(imported)) {
      const { count, page } = layOut(review, board);
      const rows = Array.from({ length: count }, (_, n) => page(n)).flat();
      expect(rows.some((row) => row.includes('origin▸imported'))).toBe(imported);
    }
    for (const more of [0, 3, 15]) {
      const view = { type: 'idle', account: 'Main', pubkey, imported, demo: false, more, suspended: true } as const;
      const rows = draw(view, board, false).rows.join('\n');
      expect(rows.includes('imported')).toBe(imported);
      if (more > 0) expect(rows).toMatch(new RegExp(`(\\+|and )${more}\\b`));
    }
  }
  expect(originLines({ index: null }).join('')).toContain('imported');
  expect(originLines({ index: 0 })).toEqual([]);
});

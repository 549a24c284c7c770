/** The curve operations, one suite for all boards: the portable and the accelerated ones against BIP-340's vectors and against @noble/curves by way of nostr-tools. */
import { getPublicKey, verifyEvent } from 'nostr-tools/pure';
import { describe, expect, test } from 'vitest';
import { acceleratedCrypto } from '../../firmware-sim/src/accelerated-crypto.ts';
import { portableCrypto, portableCryptoIn, spareRoom } from '../../firmware-sim/src/firmware/portable-crypto.ts';
import { sampler, someBytes } from './sample.ts';

function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

function hex(value: Uint8Array | null): string {
  return Buffer.from(value ?? [])
    .toString('hex')
    .toUpperCase();
}

/** The signing rows of BIP-340's test-vectors.csv: secret, public key, aux, message, signature. */
const BIP340 = [
  [
    '0000000000000000000000000000000000000000000000000000000000000003',
    'F9308A019258C31049344F85F89D5229B531C845836F99B08601F113BCE036F9',
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0000000000000000000000000000000000000000000000000000000000000000',
    'E907831F80848D1069A5371B402410364BDF1C5F8307B0084C55F1CE2DCA821525F66A4A85EA8B71E482A74F382D2CE5EBEEE8FDB2172F477DF4900D310536C0',
  ],
  [
    'B7E151628AED2A6ABF7158809CF4F3C762E7160F38B4DA56A784D9045190CFEF',
    'DFF1D77F2A671C5F36183726DB2341BE58FEAE1DA2DECED843240F7B502BA659',
    '0000000000000000000000000000000000000000000000000000000000000001',
    '243F6A8885A308D313198A2E03707344A4093822299F31D0082EFA98EC4E6C89',
    '6896BD60EEAE296DB48A229FF71DFE071BDE413E6D43F917DC8DCF8C78DE33418906D11AC976ABCCB20B091292BFF4EA897EFCB639EA871CFA95F6DE339E4B0A',
  ],
  [
    'C90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B14E5C9',
    'DD308AFEC5777E13121FA72B9CC1B7CC0139715309B086C960E18FD969774EB8',
    'C87AA53824B4D7AE2EB035A2B5BBBCCC080E76CDC6D1692C4B0B62D798E6D906',
    '7E2D58D8B3BCDF1ABADEC7829054F90DDA9805AAB56C77333024B9D0A508B75C',
    '5831AAEED7B44BB74E5EAB94BA9D4294C49BCF2A60728D8B4C200F50DD313C1BAB745879A5AD954A72C45A91C3A51D3C7ADEA98D82F8481E0E1E03674A6F3FB7',
  ],
  [
    '0B432B2677937381AEF05BB02A66ECD012773062CF3FA2549E44F58ED2401710',
    '25D1DFF95105F5253C4022F628A996AD3A0D95FBF21D468A1B33F8C160D8F517',
    'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF',
    'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF',
    '7EB0509757E246F19449885651611CB965ECC1A187DD51B64FDA1EDC9637D5EC97582B9CB13DB3933705B32BA982AF5AF25FD78881EBB32771FC5922EFC66EA3',
  ],
] as const;

/** The verifying rows of the same file: public key, message, signature, whether it holds, and the row's own comment. */
const BIP340_VERIFY = [
  [
    'D69C3509BB99E412E68B0FE8544E72837DFA30746D8BE2AA65975F29D22DC7B9',
    '4DF3C3F68FCC83B27E9D42C90431A72499F17875C81A599B566C9889B9696703',
    '00000000000000000000003B78CE563F89A0ED9414F5AA28AD0D96D6795F9C6376AFB1548AF603B3EB45C9F8207DEE1060CB71C04E80F593060B07D28308D7F4',
    true,
    'a small r',
  ],
  [
    'EEFDEA4CDB677750A420FEE807EACF21EB9898AE79B9768766E4FAA04A2D4A34',
    '243F6A8885A308D313198A2E03707344A4093822299F31D0082EFA98EC4E6C89',
    '6CFF5C3BA86C69EA4B7376F31A9BCB4F74C1976089B2D9963DA2E5543E17776969E89B4C5564D00349106B8497785DD7D1D713A8AE82B32FA79D5F7FC407D39B',
    false,
    'public key not on the curve',
  ],
  [
    'DFF1D77F2A671C5F36183726DB2341BE58FEAE1DA2DECED843240F7B502BA659',
    '243F6A8885A308D313198A2E03707344A4093822299F31D0082EFA98EC4E6C89',
    'FFF97BD5755EEEA420453A14355235D382F6472F8568A18B2F057A14602975563CC27944640AC607CD107AE10923D9EF7A73C643E166BE5EBEAFA34B1AC553E2',
    false,
    'has_even_y(R) is false',
  ],
  [
    'DFF1D77F2A671C5F36183726DB2341BE58FEAE1DA2DECED843240F7B502BA659',
    '243F6A8885A308D313198A2E03707344A4093822299F31D0082EFA98EC4E6C89',
    '1FA62E331EDBC21C394792D2AB1100A7B432B013DF3F6FF4F99FCB33E0E1515F28890B3EDB6E7189B630448B515CE4F8622A954CFE545735AAEA5134FCCDB2BD',
    false,
    'negated message',
  ],
  [
    'DFF1D77F2A671C5F36183726DB2341BE58FEAE1DA2DECED843240F7B502BA659',
    '243F6A8885A308D313198A2E03707344A4093822299F31D0082EFA98EC4E6C89',
    '6CFF5C3BA86C69EA4B7376F31A9BCB4F74C1976089B2D9963DA2E5543E177769961764B3AA9B2FFCB6EF947B6887A226E8D7C93E00C5ED0C1834FF0D0C2E6DA6',
    false,
    'negated s',
  ],
  [
    'DFF1D77F2A671C5F36183726DB2341BE58FEAE1DA2DECED843240F7B502BA659',
    '243F6A8885A308D313198A2E03707344A4093822299F31D0082EFA98EC4E6C89',
    '0000000000000000000000000000000000000000000000000000000000000000123DDA8328AF9C23A94C1FEECFD123BA4FB73476F0D594DCB65C6425BD186051',
    false,
    'sG - eP is infinite, and r is 0',
  ],
  [
    'DFF1D77F2A671C5F36183726DB2341BE58FEAE1DA2DECED843240F7B502BA659',
    '243F6A8885A308D313198A2E03707344A4093822299F31D0082EFA98EC4E6C89',
    '00000000000000000000000000000000000000000000000000000000000000017615FBAF5AE28864013C099742DEADB4DBA87F11AC6754F93780D5A1837CF197',
    false,
    'sG - eP is infinite, and r is 1',
  ],
  [
    'DFF1D77F2A671C5F36183726DB2341BE58FEAE1DA2DECED843240F7B502BA659',
    '243F6A8885A308D313198A2E03707344A4093822299F31D0082EFA98EC4E6C89',
    '4A298DACAE57395A15D0795DDBFD1DCB564DA82B0F269BC70A74F8220429BA1D69E89B4C5564D00349106B8497785DD7D1D713A8AE82B32FA79D5F7FC407D39B',
    false,
    'r is no x of the curve',
  ],
  [
    'DFF1D77F2A671C5F36183726DB2341BE58FEAE1DA2DECED843240F7B502BA659',
    '243F6A8885A308D313198A2E03707344A4093822299F31D0082EFA98EC4E6C89',
    'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F69E89B4C5564D00349106B8497785DD7D1D713A8AE82B32FA79D5F7FC407D39B',
    false,
    'r is the field size',
  ],
  [
    'DFF1D77F2A671C5F36183726DB2341BE58FEAE1DA2DECED843240F7B502BA659',
    '243F6A8885A308D313198A2E03707344A4093822299F31D0082EFA98EC4E6C89',
    '6CFF5C3BA86C69EA4B7376F31A9BCB4F74C1976089B2D9963DA2E5543E177769FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141',
    false,
    's is the order of the curve',
  ],
  [
    'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC30',
    '243F6A8885A308D313198A2E03707344A4093822299F31D0082EFA98EC4E6C89',
    '6CFF5C3BA86C69EA4B7376F31A9BCB4F74C1976089B2D9963DA2E5543E17776969E89B4C5564D00349106B8497785DD7D1D713A8AE82B32FA79D5F7FC407D39B',
    false,
    'public key beyond the field',
  ],
] as const;

describe.each([
  ['portable', portableCrypto],
  ['portable with memory to spare', portableCryptoIn(spareRoom)],
  ['accelerated', acceleratedCrypto],
] as const)('%s', (_name, crypto) => {
  test.each(BIP340)('BIP-340 signing vector of secret %s', (secret, publicKey, aux, message, signature) => {
    expect(hex(crypto.publicKey(bytes(secret)))).toBe(publicKey);
    expect(hex(crypto.signSchnorr(bytes(message), bytes(secret), bytes(aux)))).toBe(signature);
  });

  test.each(BIP340)(
    'verifies the signing vector of secret %s, and no change of it',
    (_secret, key, _aux, hash, sig) => {
      const [pubkey, message, signature] = [bytes(key), bytes(hash), bytes(sig)];
      expect(crypto.verifySchnorr(signature, message, pubkey)).toBe(true);
      for (const changed of [signature, message, pubkey]) {
        changed[7] = (changed[7] ?? 0) ^ 1;
        expect(crypto.verifySchnorr(signature, message, pubkey)).toBe(false);
        changed[7] = (changed[7] ?? 0) ^ 1;
      }
      expect(crypto.verifySchnorr(signature.subarray(1), message, pubkey)).toBe(false);
      expect(crypto.verifySchnorr(signature, message.subarray(1), pubkey)).toBe(false);
      expect(crypto.verifySchnorr(signature, message, pubkey.subarray(1))).toBe(false);
    },
  );

  test.each(BIP340_VERIFY)('BIP-340 verifying vector of key %s over %s: %s is %s, %s', (key, hash, sig, holds) => {
    expect(crypto.verifySchnorr(bytes(sig), bytes(hash), bytes(key))).toBe(holds);
  });

  test('what it signs, nostr-tools verifies', async () => {
    const { eventId } = await import('../../firmware-sim/src/firmware/formats/event-id.ts');
    const next = sampler(6);
    for (let i = 0; i < 20; i++) {
      const secret = someBytes(next, 32);
      const pubkey = crypto.publicKey(secret);
      expect(hex(pubkey).toLowerCase()).toBe(getPublicKey(secret));
      const fields = { created_at: i, kind: 1, tags: [['t', 'x']], content: 'é' };
      const id = eventId({ ...fields, pubkey });
      const sig = crypto.signSchnorr(id, secret, someBytes(next, 32));
      const lower = (value: Uint8Array) => hex(value).toLowerCase();
      expect(verifyEvent({ ...fields, id: lower(id), pubkey: lower(pubkey), sig: lower(sig) })).toBe(true);
    }
  });

  test('the shared x is the same from both sides, and not of the other sign', () => {
    const next = sampler(7);
    for (let i = 0; i < 10; i++) {
      const [a, b] = [someBytes(next, 32), someBytes(next, 32)];
      const fromA = crypto.sharedX(a, crypto.publicKey(b));
      const fromB = crypto.sharedX(b, crypto.publicKey(a));
      expect(fromA).toHaveLength(32);
      expect(fromA).toEqual(fromB);
    }
  });

  test('one times a point is the point itself', () => {
    const one = bytes('01'.padStart(64, '0'));
    const peer = crypto.publicKey(bytes('07'.repeat(32)));
    expect(crypto.sharedX(one, peer)).toEqual(peer);
  });

  test.each([
    ['no point with this x (BIP-340, vector 5)', 'EEFDEA4CDB677750A420FEE807EACF21EB9898AE79B9768766E4FAA04A2D4A34'],
    ['x beyond the field (BIP-340, vector 14)', 'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC30'],
    ['x equal to the field size', 'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F'],
    ['zero', '00'.repeat(32)],
    ['all ones', 'FF'.repeat(32)],
    ['too short', '01'.repeat(31)],
    ['too long', '01'.repeat(33)],
  ])('no shared x with what is no public key: %s', (_, peer) => {
    expect(crypto.sharedX(bytes('03'.repeat(32)), bytes(peer))).toBeNull();
  });

  test('a secret that is no scalar is a fault', () => {
    const order = 'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141';
    for (const secret of ['00'.repeat(32), order, 'FF'.repeat(32)]) {
      expect(() => crypto.publicKey(bytes(secret))).toThrow();
      expect(() => crypto.signSchnorr(bytes('11'.repeat(32)), bytes(secret), bytes('22'.repeat(32)))).toThrow();
    }
    expect(() => crypto.signSchnorr(bytes('11'.repeat(31)), bytes('03'.repeat(32)), bytes('22'.repeat(32)))).toThrow(
      '32 bytes',
    );
  });

  test('a signature holds for the key that was there before, or does not leave', () => {
    const [next, hash] = [sampler(8), bytes('11'.repeat(32))];
    const secret = someBytes(next, 32);
    const [before, aux] = [crypto.publicKey(secret), someBytes(next, 32)];
    expect(crypto.verifySchnorr(crypto.signSchnorr(hash, secret, aux), hash, before)).toBe(true);
    secret[31] = (secret[31] ?? 0) ^ 1;
    expect(() => crypto.signSchnorr(hash, secret, aux)).toThrow('does not hold');
    secret.fill(0);
    expect(() => crypto.signSchnorr(hash, secret, aux)).toThrow();
  });
});

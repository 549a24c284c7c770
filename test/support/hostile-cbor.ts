/**
 * CBOR that has hurt decoders: each input took cbor-x or its like seconds, gigabytes or the stack, or was accepted although it
 * is not what it seems. The gate must refuse every one of them at once.
 */

export type HostileInput = { readonly name: string; readonly bytes: Uint8Array };

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const kib = 1024;

/** All of them, the large ones as large as a stream may be. */
export function hostileCbor(): readonly HostileInput[] {
  return [...large(), ...small.map(([name, text]) => ({ name, bytes: hex(text) }))];
}

function large(): readonly HostileInput[] {
  const nested = (name: string, head: string, depth: number): HostileInput => ({
    name: `${depth} nested ${name}`,
    bytes: hex(`${head.repeat(depth)}00`),
  });
  return [
    { name: 'packed table of 64 KiB (tags 51, 225)', bytes: packedTable(64 * kib) },
    { name: 'bignum of 64 KiB (tag 2)', bytes: joined(hex('c25a00010000'), new Uint8Array(64 * kib).fill(0xff)) },
    { name: 'bignum of 256 KiB (tag 2)', bytes: joined(hex('c25a00040000'), new Uint8Array(256 * kib).fill(0xff)) },
    nested('arrays', '81', 5_000),
    nested('arrays', '81', 500_000),
    nested('maps', 'a100', 10_000),
    nested('tags', 'c1', 10_000),
    { name: 'text of 1 MiB, last byte wrong', bytes: joined(hex('7a000ffff0'), wrongAtEnd(0xffff0)) },
    { name: 'text of four-byte characters, last one wrong', bytes: joined(hex('7a000ffff0'), wrongEmoji(0xffff0)) },
    { name: 'array of a million small items', bytes: joined(hex('9a000ffff0'), new Uint8Array(0xffff0)) },
    { name: 'a million indefinite arrays', bytes: new Uint8Array(kib * kib).fill(0x9f) },
    { name: 'a million breaks', bytes: new Uint8Array(kib * kib).fill(0xff) },
  ];
}

const small: readonly (readonly [string, string])[] = [
  ['array of 2^32-1 items', '9affffffff'],
  ['array of 2^53-1 items', '9b001fffffffffffff'],
  ['map of 2^32-1 pairs', 'baffffffff'],
  ['bytes of 2^32-1', '5affffffff'],
  ['text of 2^32-1', '7affffffff'],
  ['lone break', 'ff'],
  ['break in an array', '8201ff'],
  ['break as a value', 'a101ff'],
  ['1 in eight bytes', '1b0000000000000001'],
  ['-2^64', '3bffffffffffffffff'],
  ['-2^32 in eight bytes', '3b00000000ffffffff'],
  ['duplicate keys', 'a201000101'],
  ['keys 1 and "1"', 'a20100613101'],
  ['keys 1 and 1.0', 'a20100f93c0001'],
  ['key __proto__', 'a1695f5f70726f746f5f5f01'],
  ['descending keys', 'a202000100'],
  ['record of cbor-x (tag 0x69)', 'd869830061610001'],
  ['record definition (tag 0xdfff)', 'd9dfff82816161811904d2'],
  ['record extension (tag 0xdffe)', 'd9dffe8261618101'],
  ['regular expression (tag 27)', 'd81b82665265674578706161'],
  ['constructor (tag 27)', 'd81b826b636f6e7374727563746f726161'],
  ['shared, cyclic (tags 28, 29)', 'd81c81d81d00'],
  ['reference to nothing (tag 29)', 'd81d00'],
  ['set (tag 258)', 'd90102820101'],
  ['map (tag 259)', 'd90103a10101'],
  ['date (tag 0)', 'c06161'],
  ['epoch (tag 1)', 'c11a514b67b0'],
  ['decimal fraction (tag 4)', 'c48221196ab3'],
  ['typed array (tag 64)', 'd84041ff'],
  ['invalid UTF-8', '61ff'],
  ['lone surrogate', '63eda080'],
  ['overlong', '62c080'],
  ['indefinite array', '9f01ff'],
  ['indefinite map', 'bf0101ff'],
  ['indefinite bytes', '5f4101ff'],
  ['true in two bytes', 'f815'],
  ['1.0 in half precision', 'f93c00'],
  ['NaN', 'f97e00'],
  ['undefined', 'f7'],
  ['null', 'f6'],
  ['trailing byte', '0000'],
  ['truncated text', '6261'],
  ['nothing', ''],
];

/** A packed table (tag 51) whose entries each refer to the one before (tag 225): what is unpacked grows without bound. */
function packedTable(length: number): Uint8Array {
  const entry = hex('d8e18200d8e100');
  const count = Math.floor((length - 8) / entry.length);
  const body = new Uint8Array(count * entry.length);
  for (let i = 0; i < count; i++) body.set(entry, i * entry.length);
  return joined(hex('d833829a'), hex(count.toString(16).padStart(8, '0')), body, hex('00'));
}

function wrongAtEnd(length: number): Uint8Array {
  const text = new Uint8Array(length).fill(0x61);
  text[length - 1] = 0xff;
  return text;
}

function wrongEmoji(length: number): Uint8Array {
  const emoji = hex('f09f8c8d');
  const text = Uint8Array.from({ length }, (_, i) => emoji[i % 4] ?? 0);
  text[length - 1] = 0x41;
  return text;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

/** messages.json and hello.json: every row of the tables, and everything that can be wrong with one thing in it. */
import { type Cbor, decodeCbor, encodeCbor } from '../../device-protocol/src/cbor/cbor.ts';
import { decodeMessage, encodeMessage, hello, helloRequest, type Message } from '../../device-protocol/src/messages.ts';
import { bytesOf, hexOf, plain, shortDiagnostic } from './diagnostic.ts';
import { everyMessage, helloRequestSample, helloSample } from './samples.ts';
import { spoil } from './spoil.ts';

const about = 'diagnostic is null where it would fill a page; in decoded, bytes are lowercase hex.';

export function messageVectors() {
  const samples = everyMessage();
  const spoiled = samples.filter(firstOfItsRow).flatMap(({ name, message }) => spoiledOf(name, message));
  const all = [...spoiled, ...envelopes.map(({ name, value }) => ({ name, bytes: encodeCbor(value) }))];
  const grown = all.filter(({ bytes }) => decodeMessage(bytes).type !== 'unreadable');
  return {
    about: `${about} answered: the id and code under which a device says the error; null when it says nothing.`,
    valid: [
      ...samples.map(({ name, message }) => valid(name, encodeMessage(message))),
      ...grown.map(({ name, bytes }) => valid(`${name} (allowed)`, bytes)),
    ],
    invalid: [
      ...all.filter((one) => !grown.includes(one)).map(({ name, bytes }) => invalid(name, bytes)),
      ...damaged.map(({ name, hex }) => invalid(name, bytesOf(hex))),
    ],
  };
}

export function helloVectors() {
  const helloBytes = hello.encode(helloSample);
  const requestBytes = helloRequest.encode(helloRequestSample);
  return {
    about: `Payloads of hello_request and hello frames. ${about}`,
    hello_request: helloRows(requestBytes, helloRequest.decode),
    hello: helloRows(helloBytes, hello.decode),
  };
}

function helloRows(bytes: Uint8Array, decode: (bytes: Uint8Array) => unknown) {
  const rows = spoil(itemOf(bytes)).map((one) => ({ name: nameOf(one), bytes: encodeCbor(one.body) }));
  const grown = rows.filter((row) => decode(row.bytes) !== null);
  const row = (name: string, encoded: Uint8Array) => ({ name, hex: hexOf(encoded), diagnostic: notation(encoded) });
  return {
    valid: [{ name: 'plain', bytes }, ...grown.map((one) => ({ ...one, name: `${one.name} (allowed)` }))].map(
      (one) => ({
        ...row(one.name, one.bytes),
        decoded: plain(decode(one.bytes)),
      }),
    ),
    invalid: [
      ...rows.filter((one) => !grown.includes(one)).map((one) => row(one.name, one.bytes)),
      { name: 'nothing', hex: '', diagnostic: null },
      { name: 'the last byte missing', hex: hexOf(bytes.slice(0, -1)), diagnostic: null },
      { name: 'a byte too many', hex: `${hexOf(bytes)}00`, diagnostic: null },
    ],
  };
}

/** Rows that share a shape are spoiled once: the first of each command, notice and kind of message. */
function firstOfItsRow(
  { name, message }: { readonly name: string; readonly message: Message },
  index: number,
  all: readonly { readonly name: string; readonly message: Message }[],
): boolean {
  if (message.type === 'cancel') return false;
  if (message.type === 'error') return name === 'error with a detail';
  const key = (one: Message): string =>
    `${one.type} ${one.type === 'notice' ? one.notice : 'command' in one ? one.command : ''}`;
  return all.findIndex((one) => key(one.message) === key(message)) === index;
}

function spoiledOf(name: string, message: Message): readonly { readonly name: string; readonly bytes: Uint8Array }[] {
  const envelope = itemOf(encodeMessage(message));
  if (!(envelope instanceof Map)) throw new Error('a message is a map');
  const map: ReadonlyMap<number, Cbor> = envelope;
  const body = map.get(3) ?? new Map();
  return spoil(body).map((one) => ({
    name: `${name}: ${nameOf(one)}`,
    bytes: encodeCbor(new Map([...map].filter(([key]) => key !== 3)).set(3, one.body)),
  }));
}

function nameOf({ at, wrong, what }: { readonly at: string; readonly wrong: string; readonly what: string }): string {
  return `${at === '' ? 'the body' : `key ${at}`} is ${wrong}${wrong === 'missing' || wrong === 'not known' ? '' : `: ${what}`}`;
}

const none: Cbor = new Map();
const envelopes: readonly { readonly name: string; readonly value: Cbor }[] = [
  {
    name: 'an unknown command',
    value: new Map([
      [0, 0],
      [1, 6],
      [2, 0x7f],
      [3, none],
    ] as [number, Cbor][]),
  },
  {
    name: 'a request without a body',
    value: new Map([
      [0, 0],
      [1, 6],
      [2, 1],
    ]),
  },
  {
    name: 'a reply without a body',
    value: new Map([
      [0, 1],
      [1, 6],
      [2, 1],
    ]),
  },
  {
    name: 'an error without a body',
    value: new Map([
      [0, 2],
      [1, 6],
      [2, 1],
    ]),
  },
  {
    name: 'a notice without a body',
    value: new Map([
      [0, 3],
      [1, 0],
      [2, 0x82],
    ]),
  },
  {
    name: 'an unknown notice, to be ignored',
    value: new Map([
      [0, 3],
      [1, 0],
      [2, 0x9f],
      [3, none],
    ] as [number, Cbor][]),
  },
  {
    name: 'an unknown type',
    value: new Map([
      [0, 5],
      [1, 6],
      [2, 1],
      [3, none],
    ] as [number, Cbor][]),
  },
  {
    name: 'a reply to an unknown command',
    value: new Map([
      [0, 1],
      [1, 6],
      [2, 0x7f],
      [3, none],
    ] as [number, Cbor][]),
  },
  {
    name: 'a cancel of an unknown command',
    value: new Map([
      [0, 4],
      [1, 6],
      [2, 0x7f],
    ]),
  },
  {
    name: 'an id over 32 bits',
    value: new Map([
      [0, 0],
      [1, 2 ** 32],
      [2, 1],
      [3, none],
    ] as [number, Cbor][]),
  },
  {
    name: 'no type',
    value: new Map([
      [1, 6],
      [2, 1],
      [3, none],
    ] as [number, Cbor][]),
  },
  {
    name: 'no id',
    value: new Map([
      [0, 0],
      [2, 1],
      [3, none],
    ] as [number, Cbor][]),
  },
  {
    name: 'no code',
    value: new Map([
      [0, 0],
      [1, 6],
      [3, none],
    ] as [number, Cbor][]),
  },
  {
    name: 'a type that is a text',
    value: new Map([
      [0, 'request'],
      [1, 6],
      [2, 1],
      [3, none],
    ] as [number, Cbor][]),
  },
  { name: 'an array', value: [0, 6, 1, none] },
  { name: 'an integer', value: 6 },
  {
    name: 'an envelope with a later key',
    value: new Map([
      [0, 4],
      [1, 6],
      [2, 1],
      [9, 1],
    ]),
  },
  {
    name: 'an error number of a later version',
    value: new Map([
      [0, 2],
      [1, 6],
      [2, 1],
      [3, new Map([[0, 250]])],
    ] as [number, Cbor][]),
  },
];

const damaged = [
  { name: 'nothing', hex: '' },
  { name: 'the body cut off', hex: 'a400000104020103' },
  { name: 'a byte after the message', hex: 'a400000104020103a000' },
  { name: 'keys of the envelope not ascending', hex: 'a401040000020103a0' },
  { name: 'a key of the envelope twice', hex: 'a400000000020103a0' },
  { name: 'an id that is not in its shortest form', hex: 'a40000011804020103a0' },
  { name: 'a tag before the message', hex: 'd9d9f7a400000104020103a0' },
];

function valid(name: string, bytes: Uint8Array) {
  const message = decodeMessage(bytes);
  if (message.type === 'unreadable') throw new Error(`${name}: ${message.detail}`);
  return { name, hex: hexOf(bytes), diagnostic: notation(bytes), decoded: plain(message) };
}

function invalid(name: string, bytes: Uint8Array) {
  const message = decodeMessage(bytes);
  if (message.type !== 'unreadable') throw new Error(`${name} can be read`);
  const { error, detail, request } = message;
  return { name, hex: hexOf(bytes), diagnostic: notation(bytes), error, detail, answered: request ?? null };
}

function notation(bytes: Uint8Array): string | null {
  const decoded = decodeCbor(bytes);
  return 'wrong' in decoded ? null : shortDiagnostic(decoded.value);
}

function itemOf(bytes: Uint8Array): Cbor {
  const decoded = decodeCbor(bytes);
  if ('wrong' in decoded) throw new Error(decoded.wrong);
  return decoded.value;
}

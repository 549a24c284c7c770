/** Messages: every row there and back, one thing spoiled at a time, and what an unreadable request is told. */
import { describe, expect, test } from 'vitest';
import { type Cbor, decodeCbor, encodeCbor } from '../../device-protocol/src/cbor/cbor.ts';
import { commands, notices } from '../../device-protocol/src/commands.ts';
import { deviceErrors } from '../../device-protocol/src/errors.ts';
import { limits } from '../../device-protocol/src/limits.ts';
import {
  decodeMessage,
  encodeErrorFor,
  encodeMessage,
  type Message,
  type Unreadable,
} from '../../device-protocol/src/messages.ts';
import { everyMessage } from '../vectors/samples.ts';
import { spoil } from '../vectors/spoil.ts';

const samples = everyMessage();

/** The message's envelope with another body. */
function withBody(message: Message, body: Cbor): Uint8Array {
  return encodeCbor(new Map([...envelopeOf(message)].filter(([key]) => key !== 3)).set(3, body));
}

function envelopeOf(message: Message): ReadonlyMap<number, Cbor> {
  const decoded = decodeCbor(encodeMessage(message));
  if ('wrong' in decoded || !(decoded.value instanceof Map)) throw new Error('no envelope');
  return decoded.value;
}

test.each(samples)('$name: there and back', ({ message }) => {
  const bytes = encodeMessage(message);
  expect(decodeMessage(bytes)).toEqual(message);
  expect(bytes.length).toBeLessThanOrEqual(limits.messageMax);
});

/** What may be missing, and numbers without a bound of their own. */
const optional = [
  ...['progress notice 2', 'progress notice 3', 'error error 1', 'info reply 5', 'info reply 6'],
  ...['account_import request 1', 'account_import request 2'],
  ...[1, 2, 3, 4].map((key) => `nip46_request reply ${key}`),
  ...[5, 6, 7, 8].map((key) => `user_request reply ${key}`),
];
const unbounded = [
  ...['info reply 4', 'error error 0', 'log_read request 0', 'log_read reply 0', 'log_head reply 0'],
  ...['nip46_request request 2', 'client_connect request 2', 'client_introduce request 6', 'user_request request 2'],
];
/** Texts that may be longer than what `spoil` makes of them. */
const longTexts = ['account_import request 2', 'client_introduce request 4'];

/** Requests, and the answers to the device's own, are closed; everything else may grow. */
function isClosed(message: Message): boolean {
  return message.type === 'request' || (message.type === 'reply' && message.command.startsWith('chunk_'));
}

function rowOf(message: Message): string {
  return message.type === 'notice' ? message.notice : message.type === 'error' ? 'error' : message.command;
}

describe.each(samples.filter(({ message }) => message.type !== 'cancel'))('$name', ({ message }) => {
  const body = envelopeOf(message).get(3);
  if (body === undefined) throw new Error('no body');
  test.each(
    spoil(body).map((one) => [one.at === '' ? 'the body' : `key ${one.at}`, one.wrong, one.what, one] as const),
  )('%s is %s: %s', (_where, wrong, _what, { at, body: spoiled }) => {
    const row = `${rowOf(message)} ${message.type} ${at}`;
    const taken =
      (wrong === 'not known' && !isClosed(message)) ||
      (wrong === 'missing' && optional.includes(row)) ||
      (wrong === 'out of range' && (unbounded.includes(row) || longTexts.includes(row)));
    const result = decodeMessage(withBody(message, spoiled));
    if (taken) return expect(result.type).toBe(message.type);
    expect(result).toMatchObject({ type: 'unreadable', error: 'invalid_params', ignorable: false });
    expect(asked(result)).toEqual(
      message.type === 'request' ? { id: message.id, code: commands[message.command].code } : null,
    );
  });
});

test('unknown keys are ignored: the message is the one without them', () => {
  for (const { message } of samples.filter((one) => one.message.type !== 'cancel' && !isClosed(one.message))) {
    const body = envelopeOf(message).get(3);
    if (!(body instanceof Map)) throw new Error('no body');
    expect(decodeMessage(withBody(message, new Map([...body, [99, [true, 'later']]])))).toEqual(message);
  }
});

const envelope = (...entries: [number, Cbor][]): Uint8Array => encodeCbor(new Map(entries));
const empty: Cbor = new Map();

test.each<[string, Uint8Array, Partial<Unreadable>]>([
  [
    'an unknown command is told so',
    envelope([0, 0], [1, 6], [2, 0x7f], [3, empty]),
    { error: 'unsupported', request: { id: 6, code: 0x7f } },
  ],
  [
    'whatever its body',
    envelope([0, 0], [1, 6], [2, 2 ** 40]),
    { error: 'unsupported', request: { id: 6, code: 2 ** 40 } },
  ],
  [
    'a request without a body',
    envelope([0, 0], [1, 6], [2, 1]),
    { error: 'invalid_params', request: { id: 6, code: 1 } },
  ],
  ['a reply to an unknown command', envelope([0, 1], [1, 6], [2, 0x7f], [3, empty]), { error: 'unsupported' }],
  ['a cancel of an unknown command', envelope([0, 4], [1, 6], [2, 0x7f]), { error: 'unsupported' }],
  ['an unknown type', envelope([0, 5], [1, 6], [2, 1], [3, empty]), { error: 'invalid_params' }],
  ['an unknown notice', envelope([0, 3], [1, 0], [2, 0x9f], [3, empty]), { error: 'unsupported', ignorable: true }],
  ['a notice without a body', envelope([0, 3], [1, 0], [2, 0x82]), { error: 'invalid_params' }],
  ['an id over 32 bits', envelope([0, 0], [1, 2 ** 32], [2, 1], [3, empty]), { error: 'malformed' }],
  ['an id that is no number', envelope([0, 0], [1, 'six'], [2, 1], [3, empty]), { error: 'malformed' }],
  ['no type', envelope([1, 6], [2, 1], [3, empty]), { error: 'malformed' }],
  ['no code', envelope([0, 0], [1, 6], [3, empty]), { error: 'malformed' }],
  ['an array', encodeCbor([0, 6, 1, empty]), { error: 'malformed', detail: 'not a map' }],
  ['no CBOR', Uint8Array.of(0xa1, 0x00), { error: 'malformed', detail: 'truncated at byte 0' }],
  ['nothing', new Uint8Array(0), { error: 'malformed', detail: 'truncated at byte 0' }],
  ['a message over the limit', new Uint8Array(4097), { error: 'malformed', detail: 'too long at byte 4096' }],
])('unreadable: %s', (_, bytes, expected) => {
  const result = decodeMessage(bytes);
  expect(result).toMatchObject({ type: 'unreadable', ignorable: false, ...expected });
  expect(asked(result)).toEqual(expected.request ?? null);
});

test('keys that a later envelope adds are ignored', () => {
  expect(decodeMessage(envelope([0, 4], [1, 6], [2, 1], [9, 'later']))).toEqual({
    type: 'cancel',
    id: 6,
    command: 'info',
  });
});

test('an unreadable request gets its error with its own numbers, cut to the limit', () => {
  const bytes = encodeErrorFor(6, 0x7f, 'unsupported', 'x'.repeat(500));
  const decoded = decodeCbor(bytes);
  if ('wrong' in decoded || !(decoded.value instanceof Map)) throw new Error('no envelope');
  expect([0, 1, 2].map((key) => decoded.value instanceof Map && decoded.value.get(key))).toEqual([2, 6, 0x7f]);
  expect(decoded.value.get(3)).toEqual(
    new Map<number, Cbor>([
      [0, 2],
      [1, 'x'.repeat(limits.detailMax)],
    ]),
  );
  expect(decodeMessage(encodeErrorFor(6, 1, 'malformed'))).toEqual({
    type: 'error',
    id: 6,
    command: 'info',
    error: 'malformed',
  });
});

test('an error number of a later version is still an error', () => {
  const later = envelope([0, 2], [1, 6], [2, 1], [3, new Map([[0, 250]])]);
  expect(decodeMessage(later)).toEqual({ type: 'error', id: 6, command: 'info', error: 'invalid_params' });
});

test('the largest chunk and the largest head fit a message, with every label and peer', () => {
  const label = '漢'.repeat(21);
  const body = {
    account: 15,
    label,
    peer: new Uint8Array(32),
    input: { length: limits.resultMax, head: new Uint8Array(limits.headMax) },
  };
  expect(
    encodeMessage({ type: 'request', id: 0xffff_fffe, command: 'nip44_decrypt', body }).length,
  ).toBeLessThanOrEqual(limits.messageMax);
  const chunk = { request: 0xffff_fffe, offset: limits.resultMax, bytes: new Uint8Array(limits.chunkMax) };
  expect(
    encodeMessage({ type: 'request', id: 0xffff_ffff, command: 'chunk_put', body: chunk }).length,
  ).toBeLessThanOrEqual(limits.messageMax);
});

test('no number is used twice, and none is moved', () => {
  const codes = (table: Readonly<Record<string, { readonly code: number }>>) =>
    Object.fromEntries(Object.entries(table).map(([name, { code }]) => [name, code]));
  for (const table of [commands, deviceErrors])
    expect(new Set(Object.values(codes(table))).size).toBe(Object.keys(table).length);
  expect({ ...codes(commands), ...codes(notices) }).toEqual({
    info: 0x01,
    get_result: 0x02,
    lock: 0x03,
    unlock: 0x04,
    wipe: 0x05,
    ping: 0x06,
    mix_entropy: 0x07,
    rename_device: 0x08,
    handshake: 0x10,
    handshake_finish: 0x11,
    pair: 0x12,
    pair_reveal: 0x13,
    pair_confirm: 0x14,
    hosts: 0x15,
    revoke_host: 0x16,
    accounts: 0x20,
    account_create: 0x21,
    account_derive: 0x22,
    account_import: 0x23,
    account_rename: 0x24,
    account_remove: 0x25,
    account_address: 0x27,
    backup_check: 0x26,
    get_public_key: 0x30,
    sign_event: 0x31,
    nip44_encrypt: 0x40,
    nip44_decrypt: 0x41,
    nip04_encrypt: 0x42,
    nip04_decrypt: 0x43,
    nip46_request: 0x50,
    client_connect: 0x51,
    client_introduce: 0x52,
    clients: 0x53,
    client_revoke: 0x54,
    grants: 0x55,
    grants_propose: 0x56,
    grant_revoke: 0x57,
    user_request: 0x58,
    chunk_get: 0x60,
    chunk_put: 0x61,
    log_read: 0x70,
    log_head: 0x71,
    progress: 0x80,
    state: 0x82,
  });
  expect(codes(deviceErrors)).toEqual({
    malformed: 1,
    unsupported: 2,
    invalid_params: 3,
    too_large: 4,
    locked: 5,
    fresh: 6,
    denied: 7,
    timed_out: 8,
    cancelled: 9,
    busy: 10,
    stream_integrity: 13,
    storage: 14,
    unknown_account: 17,
    duplicate_id: 18,
    bad_payload: 19,
    stalled: 20,
    forbidden_kind: 21,
    rate_limited: 23,
    not_paired: 24,
    forbidden: 25,
    replayed: 26,
    unauthenticated: 27,
    unknown_client: 28,
    full: 29,
    wrong_state: 30,
    not_announced: 31,
  });
});

function asked(result: Message | Unreadable): unknown {
  return result.type === 'unreadable' ? (result.request ?? null) : null;
}

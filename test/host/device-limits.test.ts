/** The host holds what it sends to what the device takes: the bounds of the protocol, and the sizes of the device's own hello. */
import { describe, expect, test } from 'vitest';
import { encodeCbor, gate, limits, streamBounds } from '../../device-protocol/src/index.ts';
import type { DeviceAsk, EventTemplate } from '../../host/src/core/device-port.ts';
import { prepare, refuseFor } from '../../host/src/core/device-request.ts';

const peer = '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
const event = (fields: Partial<EventTemplate>): DeviceAsk => ({
  method: 'sign_event',
  label: 'app',
  event: { kind: 3, created_at: 1, tags: [], content: '', ...fields },
});
const text = (method: 'nip44_encrypt' | 'nip44_decrypt', length: number): DeviceAsk => ({
  method,
  label: 'app',
  peer,
  text: 'x'.repeat(length),
});

function prepared(ask: DeviceAsk) {
  const result = prepare(ask);
  if ('code' in result) throw new Error(result.words);
  return result;
}

describe('items of an event', () => {
  // A list, four fields, and two items for each tag of one value.
  const tags = (count: number): string[][] => Array.from({ length: count }, () => ['p']);
  const most = Math.floor((limits.streamItemsMax - 5) / 2);

  test('as many as the gate of the device admits are sent', () => {
    expect(gate(prepared(event({ tags: tags(most) })).input, streamBounds)).not.toHaveProperty('wrong');
  });

  test('one tag more would be refused by the gate, and is refused here, in words', () => {
    const beyond = tags(most + 1);
    expect(gate(encodeCbor([1, 3, beyond, '']), streamBounds)).toHaveProperty('wrong', 'too many items');
    expect(prepare(event({ tags: beyond }))).toMatchObject({
      code: 'too_large',
      words: `The device takes events of ${limits.streamItemsMax} tags and values at most.`,
    });
  });
});

describe('a device that takes less than the protocol allows', () => {
  const streamMax = 10_000;

  test.each([
    ['an event', event({ content: 'x'.repeat(streamMax) })],
    ['a text to encrypt', text('nip44_encrypt', streamMax + 1)],
  ])('%s that is too large for it', (_name, ask) => {
    const refusal = { code: 'too_large', words: `The device takes ${streamMax} bytes at most.` };
    expect(refuseFor(prepared(ask), streamMax)).toMatchObject(refusal);
    expect(refuseFor(prepared(ask), limits.streamMax)).toBeNull();
  });

  test('what fits, and a payload to decrypt, which is larger than its text', () => {
    expect(refuseFor(prepared(text('nip44_encrypt', streamMax)), streamMax)).toBeNull();
    expect(refuseFor(prepared(text('nip44_decrypt', streamMax * 2)), streamMax)).toBeNull();
    expect(refuseFor(prepared({ method: 'get_public_key' }), 1)).toBeNull();
  });
});

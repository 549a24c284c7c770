/** The host holds what it sends to what the device takes: the bounds of the protocol, and the sizes of the device's own hello. */
import { describe, expect, test } from 'vitest';
import { encodeCbor, gate, limits, streamBounds } from '../../device-protocol/src/index.ts';
import type { DeviceAsk, EventTemplate } from '../../host/src/core/device/device-port.ts';
import { prepare as prepareFor } from '../../host/src/core/device/device-request.ts';

const peer = '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
const event = (fields: Partial<EventTemplate>): DeviceAsk => ({
  method: 'sign_event',
  account: 0,
  label: 'app',
  event: { kind: 3, created_at: 1, tags: [], content: '', ...fields },
});
const text = (method: 'nip44_encrypt' | 'nip44_decrypt', length: number): DeviceAsk => ({
  method,
  account: 0,
  label: 'app',
  peer,
  text: 'x'.repeat(length),
});

const prepare = (ask: DeviceAsk, streamMax: number = limits.streamMax) =>
  prepareFor(ask, { knowsApps: false, streamMax });

function prepared(ask: DeviceAsk) {
  const result = prepare(ask);
  if (result.type !== 'prepared') throw new Error(JSON.stringify(result));
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
      type: 'refused',
      refusal: {
        code: 'too_large',
        words: `The device takes events of ${limits.streamItemsMax} tags and values at most.`,
      },
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
    expect(prepare(ask, streamMax)).toMatchObject({ type: 'refused', refusal });
    expect(prepare(ask)).toMatchObject({ type: 'prepared' });
  });

  test('what fits, and a payload to decrypt, which is larger than its text', () => {
    expect(prepare(text('nip44_encrypt', streamMax), streamMax).type).toBe('prepared');
    expect(prepare(text('nip44_decrypt', streamMax * 2), streamMax).type).toBe('prepared');
    expect(prepare({ method: 'get_public_key', account: 0 }, 1).type).toBe('prepared');
  });
});

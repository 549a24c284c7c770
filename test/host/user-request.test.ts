/** What is addressed to the user key as the command that carries it, and what the device sealed as an answer of ours. */
import { encodeMessage, limits, type ReplyOf } from '@sallyport/device-protocol';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { describe, expect, test } from 'vitest';
import type { DeviceAsk } from '../../host/src/core/device/device-port.ts';
import { toAnswer } from '../../host/src/core/device/device-reply.ts';
import { prepare } from '../../host/src/core/device/device-request.ts';
import { finalizeEvent } from '../support/quick-nostr.ts';

const able = { knowsApps: true, streamMax: limits.streamMax };
const secret = generateSecretKey();
const user = getPublicKey(generateSecretKey());

function asked(content: string, more: string[][] = [], secrets = 0): DeviceAsk {
  const event = finalizeEvent({ kind: 24133, created_at: 0xffff_ffff, tags: [['p', user], ...more], content }, secret);
  const hashes = Array.from({ length: secrets }, () => 'ab'.repeat(32));
  return { method: 'user_request', carried: { account: 15, event }, answerAt: 0xffff_ffff, secrets: hashes };
}

/** The body of the command, and that it fits a message under the largest id. */
function carried(ask: DeviceAsk) {
  const prepared = prepare(ask, able);
  if (prepared.type !== 'prepared') return prepared;
  const request = prepared.toRequest(0xffff_ffff);
  if (request.command !== 'user_request') throw new Error('another command');
  const { length } = encodeMessage(request);
  expect(length).toBeLessThanOrEqual(limits.messageMax);
  return { body: request.body, input: prepared.input, free: limits.messageMax - length };
}

describe('the command', () => {
  const tag = ['x'.repeat(limits.clientTagMax), 'y'.repeat(limits.clientTagMax)];
  test.each([0, 1, limits.secretsMax])('fits a message and is as full as can be, with %i secrets', (secrets) => {
    for (const tags of [0, 1, 4, 7]) {
      for (const length of [1, 500, 2_000, 2_700, 3_000, 3_300, 3_584, 3_585, 60_000]) {
        const more = Array.from({ length: tags }, () => tag);
        const one = carried(asked('x'.repeat(length), more, secrets));
        if (!('body' in one)) throw new Error(`refused: ${tags} tags, ${length}`);
        const { body, input, free } = one;
        expect(input).toHaveLength(length);
        expect(body.input.length).toBe(length);
        expect(Buffer.from(input).subarray(0, body.input.head.length).equals(Buffer.from(body.input.head))).toBe(true);
        // What is left over is less than a head would need, or the head has all there may be of it.
        const isWhole = body.input.head.length === Math.min(length, limits.headMax);
        expect(isWhole || free <= 4).toBe(true);
      }
    }
  });

  test('says nothing of who opens it, and that nobody was announced', () => {
    const one = carried(asked('x', [], 1));
    if (!('body' in one)) throw new Error('refused');
    expect(one.body).toMatchObject({ announced: false, answerAt: 0xffff_ffff, account: 15 });
    expect(one.body).not.toHaveProperty('conversationKey');
  });

  test.each<[string, DeviceAsk, string]>([
    [
      'more tags than a device reads',
      asked(
        'x',
        Array.from({ length: 8 }, () => ['t']),
      ),
      'malformed',
    ],
    ['a longer one', asked('x', [['t', 'x'.repeat(limits.clientTagMax + 1)]]), 'malformed'],
    [
      'more of them than fit',
      asked(
        'x',
        Array.from({ length: 7 }, () => Array(4).fill('x'.repeat(128))),
      ),
      'malformed',
    ],
    ['more content than a device is sent', asked('x'.repeat(limits.requestStreamMax + 1)), 'too_large'],
    ['half a character', asked('\ud800'), 'malformed'],
  ])('is refused here with %s', (_what, ask, code) => {
    expect(carried(ask)).toMatchObject({ type: 'refused', refusal: { code } });
  });

  test('is for a device that knows apps', () => {
    const refused = prepare(asked('x'), { ...able, knowsApps: false });
    expect(refused).toMatchObject({
      refusal: { words: 'This device answers no apps at its own keys, or this computer is not paired with it.' },
    });
  });
});

describe('the reply', () => {
  const bytes = (of: number, length = 32): Uint8Array => new Uint8Array(length).fill(of);
  const reply = (more: Partial<ReplyOf<'user_request'>> = {}, pushed = new Uint8Array(0)) => {
    const output = { length: 2, head: Buffer.from('ok') };
    const body = { about: 'ping', createdAt: 7, id: bytes(1), sig: bytes(2, 64), output, ...more } as const;
    return toAnswer({ type: 'reply', id: 1, command: 'user_request', body }, pushed);
  };

  test('is what the device sealed, part by part', () => {
    const parts = { name: '', createdAt: 7, id: '01'.repeat(32), sig: '02'.repeat(64), content: 'ok' };
    expect(reply()).toEqual({ type: 'sealed', about: 'ping', kind: null, refusal: null, secret: null, ...parts });
    const more = reply({ about: 'pair', kind: 1, error: 1, secret: bytes(3) });
    expect(more).toMatchObject({
      about: 'pair',
      kind: 1,
      refusal: { code: expect.any(String) },
      secret: '03'.repeat(32),
    });
  });

  test('says what the app calls itself in one line, whatever it says', () => {
    expect(reply({ about: 'pair', name: 'Old app' })).toMatchObject({ name: 'Old app' });
    const said = reply({ about: 'pair', name: `\u001b[2J\n\u202e${'x'.repeat(400)}` });
    expect(said).toMatchObject({ name: expect.stringMatching(/^[ -~]{1,64}$/) });
  });

  test('of more than its head is what was pushed', () => {
    const output = { length: 3, head: new Uint8Array(0) };
    expect(reply({ output }, Buffer.from('abc'))).toMatchObject({ type: 'sealed', content: 'abc' });
    expect(reply({ output }, Buffer.from('ab'))).toMatchObject({ refusal: { code: 'bad_device_answer' } });
    expect(reply({ output }, Buffer.from([0xff, 0xff, 0xff]))).toMatchObject({
      refusal: { code: 'bad_device_answer' },
    });
  });

  test('with an error that nobody knows is an error all the same', () => {
    expect(reply({ error: 60_000 })).toMatchObject({ type: 'sealed', refusal: { code: 'device_refused' } });
  });
});

/**
 * A hostile host speaks the device protocol directly to the firmware. One lie at a time: nothing is signed but by
 * a press that began after exactly this event was on the screen, nothing crashes, and an honest host is served afterwards.
 */
import { encodeCbor, limits, type Request } from '@sallyport/device-protocol';
import { getEventHash } from 'nostr-tools/pure';
import { describe, expect, test } from 'vitest';
import {
  chunk,
  endOf,
  hostileBench,
  inputOf,
  plainEvent,
  serveHonestly,
  signRequest,
} from '../support/hostile-host.ts';
import { judge } from '../support/world.ts';

test('control: an honest host gets its signature, by the press', () => {
  const world = hostileBench();
  serveHonestly(world);
  expect(world.host.device.signatures).toHaveLength(1);
  judge(world.host.device);
});

describe('one lie at a time', () => {
  const big = inputOf({ content: 'x'.repeat(9_000) });
  const lies: [name: string, request: Request<'sign_event'>, ends: string][] = [
    ['an odd id', signRequest(7, inputOf()), 'invalid_params'],
    ['a length over the limit', signRequest(8, inputOf(), limits.streamMax + 1), 'too_large'],
    ['a head longer than the input', signRequest(8, inputOf(), 3), 'invalid_params'],
    [
      'an unknown account',
      { ...signRequest(8, inputOf()), body: { ...signRequest(8, inputOf()).body, account: 3 } },
      'unknown_account',
    ],
    ['kind 14', signRequest(8, inputOf({ kind: 14 })), 'forbidden_kind'],
    ['kind 15', signRequest(8, inputOf({ kind: 15 })), 'forbidden_kind'],
    ['kind 24133', signRequest(8, inputOf({ kind: 24133 })), 'forbidden_kind'],
    ['kind 65536', signRequest(8, inputOf({ kind: 65_536 })), 'invalid_params'],
    ['no input', signRequest(8, new Uint8Array(0)), 'invalid_params'],
    ['a number', signRequest(8, encodeCbor(7)), 'invalid_params'],
    ['five fields', signRequest(8, encodeCbor([1, 1, [], '', 0])), 'invalid_params'],
    ['tags of numbers', signRequest(8, encodeCbor([1, 1, [[1]], ''])), 'invalid_params'],
    ['a map with a key twice', signRequest(8, Uint8Array.of(0xa2, 0, 0, 0, 0)), 'invalid_params'],
    ['a lone surrogate', signRequest(8, Uint8Array.of(0x84, 1, 1, 0x80, 0x63, 0xed, 0xa0, 0x80)), 'invalid_params'],
    ['an indefinite text', signRequest(8, Uint8Array.of(0x84, 1, 1, 0x80, 0x7f, 0x61, 0x61, 0xff)), 'invalid_params'],
    ['a float for the time', signRequest(8, Uint8Array.of(0x84, 0xf9, 0x3c, 0, 1, 0x80, 0x60)), 'invalid_params'],
    ['bytes after the end', signRequest(8, Uint8Array.from([...inputOf(), 0])), 'invalid_params'],
    ['a count of four billion', signRequest(8, Uint8Array.of(0x9a, 0xff, 0xff, 0xff, 0xff)), 'invalid_params'],
  ];
  test.each(lies)('%s is refused by name, and never shown', (_name, request, ends) => {
    const world = hostileBench();
    world.host.say(request);
    world.until('an ending', () => endOf(world.host, request.id) !== undefined);
    expect(endOf(world.host, request.id)).toBe(ends);
    expect(world.host.device.prompts).toEqual([]);
    serveHonestly(world);
    expect(world.host.device.signatures).toHaveLength(1);
  });

  test.each([
    ['shorter', -1],
    ['longer', 1],
    ['of one byte', -limits.headMax + 1],
  ])('a chunk %s than asked for ends the request', (_name, by) => {
    const world = hostileBench();
    world.host.say(signRequest(8, big));
    world.until('a pull', () => world.host.pulls.length > 0);
    const [pull] = world.host.pulls;
    if (pull?.command !== 'chunk_get') throw new Error('not a pull');
    const length = pull.body.length + by;
    world.host.say(chunk(pull, new Uint8Array(length).fill(0x78)));
    world.until('an ending', () => endOf(world.host, 8) !== undefined);
    expect(endOf(world.host, 8)).toBe('stream_integrity');
    serveHonestly(world);
  });

  test('a text that begins with a byte order mark is signed with it', () => {
    const world = hostileBench();
    const content = `\ufeff${'x'.repeat(100)}`;
    world.host.say(signRequest(8, inputOf({ content })));
    world.until('the prompt', () => world.host.device.prompt() !== null);
    world.clock.advance(500);
    world.host.device.press('approve');
    const id = getEventHash({ ...plainEvent, content, pubkey: world.host.device.pubkey });
    expect(world.host.device.signatures.map(({ hash }) => hash)).toEqual([id]);
    judge(world.host.device);
  });

  test('what is sent again, differently, after it was shown changes nothing', () => {
    const world = hostileBench();
    const { host } = world;
    host.say(signRequest(8, big));
    const pulled: number[] = [];
    while (host.device.prompt() === null) {
      world.until('a pull', () => host.pulls.length > 0 || host.device.prompt() !== null);
      for (const pull of host.pulls.splice(0)) {
        if (pull.command !== 'chunk_get') continue;
        const { offset, length } = pull.body;
        host.say(chunk(pull, big.slice(offset, offset + length)));
        pulled.push(pull.id);
      }
    }
    const shown = host.device.prompt()?.eventId;
    for (const id of pulled) host.say({ type: 'reply', id, command: 'chunk_get', body: { bytes: inputOf() } });
    host.say(signRequest(8, inputOf({ content: 'something else' })));
    world.clock.advance(1_000);
    expect(endOf(host, 8)).toBe('duplicate_id');
    host.device.press('approve');
    expect(host.device.signatures.map(({ hash }) => hash)).toEqual([shown]);
    expect(shown).toBe(getEventHash({ ...plainEvent, content: 'x'.repeat(9_000), pubkey: host.device.pubkey }));
    judge(host.device);
  });

  test('the id of a request that ended is not taken again, whatever comes under it', () => {
    const world = hostileBench();
    world.host.say(signRequest(8, inputOf()));
    world.until('the prompt', () => world.host.device.prompt() !== null);
    world.host.device.press('deny');
    world.until('the denial', () => endOf(world.host, 8) === 'denied');
    world.host.say(signRequest(8, inputOf()));
    world.until('the refusal', () => endOf(world.host, 8) === 'duplicate_id');
    expect(world.host.device.prompts).toHaveLength(1);
  });

  test('a press that began before the screen was drawn is for something else', () => {
    const world = hostileBench();
    const { host, clock } = world;
    host.say(signRequest(8, inputOf({ content: 'harmless' })));
    world.until('the prompt', () => host.device.prompt() !== null);
    clock.advance(1_000);
    host.say({ type: 'cancel', id: 8, command: 'sign_event' });
    host.say(signRequest(10, inputOf({ content: 'harmful' })));
    world.until('the other prompt', () => host.device.prompt()?.request === 10);
    clock.advance(20);
    host.device.press('approve', 100);
    expect(host.device.signatures).toEqual([]);
    expect(host.device.prompt()?.request).toBe(10);
  });

  test('more requests than were announced are refused as busy', () => {
    const world = hostileBench();
    for (let i = 1; i <= 12; i++) world.host.say(signRequest(i * 2, inputOf({ content: `${i}` })));
    world.until('the last refusal', () => endOf(world.host, 24) === 'busy');
    expect(world.host.device.held()).toBe(limits.requestsMax);
    expect(world.host.device.prompts).toHaveLength(1);
  });
});

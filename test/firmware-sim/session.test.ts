/** The device's end of the channel, step by step against a computer that knows the protocol only; and what it keeps of it in flash. */
import { encodeCbor, limits } from '@sallyport/device-protocol';
import { describe, expect, test } from 'vitest';
import { loadIdentity, withHost, writeHosts } from '../../firmware-sim/src/firmware/channel/hosts.ts';
import { writeForDevice } from '../../firmware-sim/src/firmware/vault/sealed.ts';
import { memoryFlash, testChip } from '../support/memory-flash.ts';
import { bytesFrom, chance } from '../support/random.ts';
import { sealedComputer } from '../support/sealed-computer.ts';

describe('the handshake', () => {
  test('stands after three messages; the reply to the last is sealed, and the state follows', () => {
    const computer = sealedComputer();
    expect(computer.establish()).toMatchObject([
      { type: 'reply', command: 'handshake_finish', body: { paired: false } },
      { type: 'notice', notice: 'state' },
    ]);
    expect(
      computer.say({ type: 'request', id: 20, command: 'ping', body: { nonce: new Uint8Array(8) } }),
    ).toMatchObject([{ type: 'reply', command: 'ping' }]);
  });

  test('is made once in a session, and finished once', () => {
    const computer = sealedComputer();
    const message = new Uint8Array(64);
    expect(computer.say({ type: 'request', id: 2, command: 'handshake_finish', body: { message } })).toMatchObject([
      { type: 'error', error: 'invalid_params' },
    ]);
    computer.establish();
    expect(
      computer.say({ type: 'request', id: 22, command: 'handshake', body: { message: new Uint8Array(32).fill(9) } }),
    ).toMatchObject([{ type: 'error', error: 'invalid_params' }]);
    expect(computer.say({ type: 'request', id: 24, command: 'handshake_finish', body: { message } })).toMatchObject([
      { type: 'error', error: 'invalid_params' },
    ]);
  });

  test('a key of a low order is refused, and the session can still be used', () => {
    const computer = sealedComputer();
    const body = { message: new Uint8Array(32) };
    expect(computer.say({ type: 'request', id: 2, command: 'handshake', body })).toMatchObject([
      { type: 'error', error: 'invalid_params' },
    ]);
    expect(computer.establish()[0]).toMatchObject({ type: 'reply', command: 'handshake_finish' });
  });

  test('a last message that does not verify ends the session without a word', () => {
    const computer = sealedComputer();
    const { message } = computer.shake();
    const spoiled = message.map((byte, i) => (i === 3 ? byte ^ 1 : byte));
    expect(computer.say({ type: 'request', id: 4, command: 'handshake_finish', body: { message: spoiled } })).toEqual(
      [],
    );
    expect(computer.firmware().channel.phase).toBe('closed');
    expect(computer.firmware().link.arq).toBeNull();
  });

  test.each<[string, boolean, boolean]>([
    ['a sealed message before it', false, true],
    ['an unsealed message after it', true, false],
  ])('%s ends the session', (_, established, sealed) => {
    const computer = sealedComputer();
    if (established) computer.establish();
    expect(computer.say({ type: 'request', id: 30, command: 'info', body: {} }, sealed)).toEqual([]);
    expect(computer.firmware().link.arq).toBeNull();
  });
});

describe('the list of computers', () => {
  const listed = (computer: ReturnType<typeof sealedComputer>) =>
    computer.say({ type: 'request', id: 40, command: 'hosts', body: {} });

  test('is for paired computers only, and so is taking one out of it', () => {
    const computer = sealedComputer();
    computer.establish();
    expect(listed(computer)).toMatchObject([{ type: 'error', error: 'not_paired' }]);
    const { key } = computer;
    expect(computer.say({ type: 'request', id: 42, command: 'revoke_host', body: { key } })).toMatchObject([
      { type: 'error', error: 'not_paired' },
    ]);
  });

  test('has the paired computer in it, also after a reboot, until it is taken out', () => {
    const flash = memoryFlash();
    const computer = sealedComputer(flash);
    computer.establish();
    expect(computer.pair('a desk')).toMatchObject([{ type: 'reply', command: 'pair_confirm' }]);
    const { key } = computer;
    expect(listed(computer)).toMatchObject([{ type: 'reply', body: { hosts: [{ key, name: 'a desk' }] } }]);
    const again = sealedComputer(flash);
    expect(again.establish()).toMatchObject([{ body: { paired: true } }, { type: 'notice' }]);
    const other = new Uint8Array(32).fill(1);
    expect(again.say({ type: 'request', id: 44, command: 'revoke_host', body: { key: other } })).toMatchObject([
      { type: 'reply' },
    ]);
    expect(listed(again)).toMatchObject([{ type: 'reply' }]);
    expect(again.say({ type: 'request', id: 46, command: 'revoke_host', body: { key } })).toMatchObject([
      { type: 'reply' },
    ]);
    expect(listed(again)).toMatchObject([{ type: 'error', error: 'not_paired' }]);
    expect(sealedComputer(flash).establish()).toMatchObject([{ body: { paired: false } }, { type: 'notice' }]);
  });

  test('pairing needs its steps in order, and a sealed session', () => {
    const computer = sealedComputer();
    const random = new Uint8Array(32);
    expect(computer.say({ type: 'request', id: 2, command: 'pair', body: { name: 'x' } })).toMatchObject([
      { type: 'error', error: 'invalid_params' },
    ]);
    computer.establish();
    for (const message of [
      { type: 'request', id: 50, command: 'pair_reveal', body: { random } },
      { type: 'request', id: 52, command: 'pair_confirm', body: { yes: true } },
    ] as const) {
      expect(computer.say(message)).toMatchObject([{ type: 'error', error: 'invalid_params' }]);
    }
    computer.say({ type: 'request', id: 54, command: 'pair', body: { name: 'x' } });
    expect(computer.say({ type: 'request', id: 56, command: 'pair_confirm', body: { yes: true } })).toMatchObject([
      { type: 'error', error: 'invalid_params' },
    ]);
    expect(computer.firmware().identity.hosts).toEqual([]);
  });
});

describe('in flash', () => {
  const random = bytesFrom(chance(5));
  const host = { key: new Uint8Array(32).fill(3), name: 'desk' };

  test('the key is made once', () => {
    const board = { ...testChip, flash: memoryFlash(), random };
    const made = loadIdentity(board);
    writeHosts(board, [host]);
    expect(loadIdentity(board)).toEqual({ secret: made.secret, hosts: [host] });
  });

  test.each([0, 1, 12, 44, 60])(
    'a key with a changed byte %d is replaced, and nobody is paired with the new one',
    (at) => {
      const board = { ...testChip, flash: memoryFlash(), random };
      const made = loadIdentity(board);
      writeHosts(board, [host]);
      const record = board.flash.read('identity') ?? new Uint8Array(0);
      board.flash.write(
        'identity',
        record.map((byte, i) => (i === at ? byte ^ 1 : byte)),
      );
      const next = loadIdentity(board);
      expect(next.secret).not.toEqual(made.secret);
      expect(next.hosts).toEqual([]);
      expect(loadIdentity(board)).toEqual(next);
    },
  );

  test.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['no CBOR', Uint8Array.of(0xff, 0xff)],
    ['another version', encodeCbor([2, [host.key, host.name]])],
    ['a short key', encodeCbor([1, [host.key.slice(1), host.name]])],
    ['a long name', encodeCbor([1, [host.key, 'x'.repeat(limits.labelMax + 1)]])],
    ['too many', encodeCbor([1, ...Array.from({ length: limits.hostsMax + 1 }, () => [host.key, host.name])])],
  ])('a list that is %s is empty', (_, record) => {
    const board = { ...testChip, flash: memoryFlash(), random };
    loadIdentity(board);
    writeForDevice(board, 'computers', record);
    expect(loadIdentity(board).hosts).toEqual([]);
  });

  test('a computer that is paired again takes its own place; the ninth takes the first', () => {
    const hosts = Array.from({ length: limits.hostsMax }, (_, i) => ({
      key: new Uint8Array(32).fill(i),
      name: `${i}`,
    }));
    const [first, second] = hosts;
    if (first === undefined || second === undefined) throw new Error('no hosts');
    expect(withHost(hosts, { key: second.key, name: 'again' }).map(({ name }) => name)).toEqual([
      ...['0', '2', '3', '4', '5', '6', '7'],
      'again',
    ]);
    expect(withHost(hosts, { key: new Uint8Array(32).fill(99), name: 'new' })[0]).toEqual(second);
  });
});

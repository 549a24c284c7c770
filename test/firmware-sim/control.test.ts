/** The control channel: every command, what it refuses, and that the same seed and the same inputs give the same device. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { controlOnSocket, controlOver } from '../../firmware-sim/src/control.ts';
import { parseCommand } from '../../firmware-sim/src/control-command.ts';
import { decodePng } from '../support/png.ts';
import { type Simulated, simulated } from '../support/simulated.ts';

type Said = {
  readonly done?: unknown;
  readonly refused?: unknown;
  readonly why?: string;
  readonly line?: string;
  readonly page?: string;
  readonly screen?: readonly string[] | null;
  readonly waiting?: number | null;
};
type Channel = {
  readonly said: readonly Said[];
  /** Sends a command and waits for its answer. */
  readonly tell: (command: object) => Promise<Said>;
  readonly send: (text: string) => void;
  readonly until: (holds: () => boolean) => Promise<void>;
};

let dir: string;
let sim: Simulated;
let channel: Channel;
let notes: string[];
let quits: number;
let left: number;
let tellPage: (url: string) => void;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-control-'));
  [notes, quits, left] = [[], 0, 0];
  sim = await simulated({ autoPress: true });
  channel = open(sim);
});
afterEach(async () => {
  await sim.device.close();
  rmSync(dir, { recursive: true, force: true });
});

const page = {
  url: () => 'http://127.0.0.1:1/#first',
  watch: (listener: (url: string) => void) => {
    tellPage = listener;
    return () => undefined;
  },
};

const actions = (simulator: Simulated, machine = true) => ({
  device: simulator.device,
  page,
  presses: machine,
  movesClock: machine,
  note: (text: string) => void notes.push(text),
  quit: () => {
    quits += 1;
  },
});

function open(simulator: Simulated, machine = true): Channel {
  let hear: (text: string) => void = () => undefined;
  const stream = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      hear(chunk.toString('utf8'));
      done();
    },
  });
  const opened = channelOver((text) => void stream.push(text));
  hear = opened.hear;
  controlOver(stream, actions(simulator, machine), () => {
    left += 1;
  });
  return opened.channel;
}

/** Reads JSON lines; the other half of what control.ts writes. */
function channelOver(send: (text: string) => void): { channel: Channel; hear: (text: string) => void } {
  const said: Said[] = [];
  let changed = Promise.withResolvers<void>();
  let rest = '';
  let ids = 0;
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await changed.promise;
  };
  return {
    hear: (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      said.push(...lines.map((line): Said => JSON.parse(line)));
      changed.resolve();
      changed = Promise.withResolvers();
    },
    channel: {
      said,
      send,
      until,
      tell: async (command) => {
        const id = `n${++ids}`;
        send(`${JSON.stringify({ id, ...command })}\n`);
        const answer = (): Said | undefined => said.find((one) => one.done === id || one.refused === id);
        await until(() => answer() !== undefined);
        return answer() ?? {};
      },
    },
  };
}

const screen = (): readonly string[] => sim.device.view().screen?.rows ?? [];

test('it says where the device listens and its page, then the screen, then every new one', async () => {
  const key = expect.stringMatching(/^[0-9a-f]{64}$/);
  expect(channel.said[0]).toEqual({ line: 'memory', key, page: page.url() });
  expect(channel.said[1]).toMatchObject({ screen: screen(), waiting: null });
  await sim.ask();
  await channel.until(() => channel.said.some(({ waiting }) => typeof waiting === 'number'));
  tellPage('http://127.0.0.1:1/#second');
  await channel.until(() => channel.said.some((line) => line.page === 'http://127.0.0.1:1/#second'));
});

test('press, and wait for a screen by text or by expression', async () => {
  const waiting = channel.tell({ wait: 'Sign note' });
  await sim.ask();
  expect((await waiting).screen?.[0]).toContain('Sign note');
  expect(await channel.tell({ press: 'approve' })).toEqual({ done: 'n2' });
  expect((await channel.tell({ wait: '^ +✔ SIGNED +$', regex: true })).screen).toEqual(screen());
  await sim.settled();
  expect(sim.replies()).toEqual(['signature']);
  expect(await channel.tell({ wait: 'never', within: 0 })).toEqual({ refused: 'n4', why: 'No such screen came.' });
});

test('where a human presses, the channel presses nothing and leaves time alone', async () => {
  const human = await simulated();
  const { tell, send } = open(human, false);
  await human.ask();
  const before = human.device.view();
  expect(before.screen?.rows.join()).not.toContain('AUTO-PRESS');
  expect(await tell({ press: 'approve' })).toMatchObject({
    refused: 'n1',
    why: expect.stringContaining('--press control'),
  });
  send('{"press":"approve"}\n{"press":"deny"}\n{"press":"next"}\n');
  expect(await tell({ clock: 60_000 })).toMatchObject({
    refused: 'n2',
    why: expect.stringContaining('A human presses'),
  });
  await human.settled();
  expect(human.device.view()).toEqual(before);
  expect(human.replies()).toEqual([]);
  await human.device.close();
});

test('where it presses, every screen says so', async () => {
  await sim.ask();
  await channel.tell({ press: 'approve' });
  await sim.settled();
  const screens = channel.said.flatMap((one) => (one.screen === undefined ? [] : [one.screen?.join() ?? '']));
  expect(screens.length).toBeGreaterThan(2);
  for (const rows of screens) expect(rows).toContain('AUTO-PRESS');
});

test('a note holds lines, and nothing that moves the cursor', async () => {
  await channel.tell({ note: 'one\u001b[2J\r\u202e\ntwo' });
  expect(notes).toEqual(['one[2J\ntwo']);
});

test('commands are carried out one after another, the end at once', async () => {
  channel.send('{"wait":"never","within":600000}\n{"note":"behind it"}\n');
  channel.send('{"quit":true}\n');
  await channel.until(() => true);
  await new Promise(setImmediate);
  expect([quits, notes]).toEqual([1, []]);
});

test('a program that knows nothing new: press, note and quit, without ids and without answers', async () => {
  await sim.ask();
  channel.send('{"press":"deny"}\n{"note":"hello"}\n{"quit":true}\nnonsense\n{"other":1}\n');
  await channel.until(() => channel.said.some((one) => one.screen?.join().includes('DENIED') === true));
  await new Promise(setImmediate);
  expect([notes, quits, left]).toEqual([['hello'], 1, 0]);
  expect(channel.said.some((one) => 'done' in one || 'refused' in one)).toBe(false);
});

test('screenshots: as text, and as a picture in the frame of the simulator', async () => {
  expect((await channel.tell({ screenshot: true })).screen).toEqual(screen());
  const path = join(dir, 'screen.png');
  expect(await channel.tell({ screenshot: path, scale: 2 })).toMatchObject({ path });
  const { width, height, rgb } = decodePng(readFileSync(path));
  expect([width, height]).toEqual([504, 540]);
  expect(rgb.subarray(0, 3).toString('hex')).toBe('c8102e');
  expect((await channel.tell({ screenshot: join(dir, 'none', 'x.png') })).why).toContain('ENOENT');
});

test('the clock jumps, and what falls due on the way happens', async () => {
  await sim.ask();
  expect(sim.device.view().waiting).not.toBeNull();
  await channel.tell({ clock: 59_999 });
  expect(sim.device.view().waiting).not.toBeNull();
  await channel.tell({ clock: 1 });
  expect(screen().join()).toContain('TIMED OUT');
  await channel.tell({ clock: 24 * 60 * 60 * 1000 });
  expect(screen()[0]).toContain('Sallyport');
});

test('the flash is dumped and loaded; what is none is refused and changes nothing', async () => {
  const path = join(dir, 'flash');
  await channel.tell({ dump: path });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const before = screen();
  const other = await simulated({ seed: 'another', autoPress: true });
  expect(other.device.view().screen?.rows).not.toEqual(before);
  expect(await open(other).tell({ load: path })).toEqual({ done: 'n1' });
  await other.settled();
  expect(other.device.view().screen?.rows).toEqual(before);
  writeFileSync(path, 'no image');
  expect((await open(other).tell({ load: path })).why).toContain('What was given is not a flash image');
  expect(other.device.view().screen?.rows).toEqual(before);
  await other.device.close();
});

test('the cable: no power without it, and one movement at a time', async () => {
  await sim.ask();
  expect(await channel.tell({ plug: true })).toMatchObject({ why: 'The device is not unplugged.' });
  expect(await channel.tell({ unplug: true })).toEqual({ done: 'n2' });
  expect(channel.said.some((one) => one.screen === null)).toBe(true);
  expect((await channel.tell({ screenshot: true })).screen).toBeNull();
  expect(await channel.tell({ reboot: 'fault' })).toMatchObject({ why: 'The device is not plugged.' });
  await channel.tell({ press: 'approve' });
  await channel.tell({ clock: 1_000 });
  const both = [channel.tell({ plug: true }), sim.device.plug()];
  expect(await both[1]).toBeNull();
  expect(await both[0]).toMatchObject({ why: 'The cable is being moved.' });
  expect(screen()[0]).toContain('Sallyport');
  expect(sim.device.view().waiting).toBeNull();
});

test('a reboot tells its reason, and noise stands before its first word', async () => {
  const noise = Buffer.from('ets Jul 29 2019 12:21:46\r\n\0rst:0x1');
  await channel.tell({ boot_noise: noise.toString('base64') });
  await sim.ask();
  const before = sim.written().length;
  await channel.tell({ reboot: 'watchdog' });
  expect(sim.written().subarray(before, before + noise.length)).toEqual(noise);
  await sim.settled();
  expect(sim.device.view().waiting).toBeNull();
});

test.each([
  ['{"press":"all"}', 'press: approve, deny, next or back is expected'],
  ['{"wait":1}', 'wait: a text'],
  ['{"wait":"(","regex":true}', 'wait: not a regular expression'],
  ['{"wait":"a","within":-1}', 'wait: a text'],
  ['{"screenshot":""}', 'screenshot: true or a path'],
  ['{"screenshot":true,"scale":9}', 'screenshot: true or a path'],
  ['{"clock":-1}', 'clock: milliseconds'],
  ['{"clock":86400001}', 'clock: milliseconds'],
  ['{"seed":7}', 'seed: a text'],
  ['{"dump":null}', 'dump: a path'],
  ['{"load":1}', 'load: a path'],
  ['{"reboot":"whim"}', 'reboot: one of unknown'],
  ['{"boot_noise":5}', 'boot_noise: bytes'],
  ['{"note":1}', 'note: a text'],
  ['{"constructor":1}', 'no such command'],
  ['{}', 'no such command'],
  ['[]', 'not a JSON object'],
  ['{', 'not a JSON object'],
])('%s is refused in words', (line, words) => {
  const parsed = parseCommand(line);
  expect('wrong' in parsed && parsed.wrong).toContain(words);
});

test('more noise than a line holds is refused', () => {
  const parsed = parseCommand(JSON.stringify({ boot_noise: 'A'.repeat(30_000) }));
  expect(parsed).toEqual({ id: null, wrong: 'boot_noise: 16384 bytes at most are expected' });
});

test('a line without end, or a thousand commands behind one that waits, end the channel', async () => {
  const other = open(sim);
  other.send('x'.repeat(70_000));
  await new Promise(setImmediate);
  expect(left).toBe(1);
  channel.send('{"wait":"never","within":600000}\n');
  channel.send('{"press":"next"}\n'.repeat(1_001));
  await new Promise(setImmediate);
  expect([left, quits]).toEqual([2, 0]);
});

test('on a unix socket: for this user, for several callers, and who leaves takes nothing along', async () => {
  const path = join(dir, 'control');
  const opened = await controlOnSocket(path, actions(sim));
  if ('refused' in opened) throw new Error(opened.refused);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const connect = () => {
    const socket = createConnection(path);
    const { channel: mine, hear } = channelOver((text) => void socket.write(text));
    socket.setEncoding('utf8').on('data', hear);
    return { socket, mine };
  };
  const [first, second] = [connect(), connect()];
  expect(await first.mine.tell({ screenshot: true })).toMatchObject({ screen: screen() });
  expect(first.mine.said[0]).toEqual({ line: 'memory', key: expect.any(String), page: page.url() });
  first.socket.destroy();
  expect(await second.mine.tell({ note: 'still here' })).toEqual({ done: 'n1' });
  expect([quits, notes]).toEqual([0, ['still here']]);
  expect(await controlOnSocket(path, actions(sim))).toEqual({ refused: `Another simulator listens on ${path}.` });
  second.socket.destroy();
  opened.close();
});

async function history(
  seed: string,
): Promise<{ bytes: string; screens: string; seen: number; replies: readonly string[] }> {
  const run = await simulated({ seed, autoPress: true });
  const views: unknown[] = [];
  run.device.watch(({ screen: shown, waiting }) => views.push([shown?.rows, waiting]));
  const { tell } = open(run);
  await run.ask();
  await tell({ press: 'next' });
  await tell({ press: 'approve' });
  await run.settled();
  await tell({ clock: 5_000 });
  await tell({ reboot: 'button' });
  await tell({ seed: `${seed} again` });
  await tell({ reboot: 'button' });
  await run.ask();
  await tell({ clock: 61_000 });
  await run.settled();
  await run.device.close();
  const bytes = run.written().toString('hex');
  return { bytes, screens: JSON.stringify(views), seen: views.length, replies: run.replies() };
}

test('the same seed and the same inputs: the same screens and the same bytes; another seed: others', async () => {
  const [first, again, other] = [await history('7'), await history('7'), await history('8')];
  expect(first.seen).toBeGreaterThan(5);
  expect(first.replies).toEqual(['signature']);
  expect(first.bytes.length).toBeGreaterThan(500);
  expect(again).toEqual(first);
  expect(other.bytes).not.toBe(first.bytes);
  expect(other.screens).not.toBe(first.screens);
});

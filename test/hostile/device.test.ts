/**
 * A hostile or broken device on the port, against the host's session with it: it may refuse and lie, but it may not fill the
 * host's memory, speak in the host's name on the terminal, answer what it was not asked, or make the host work without end.
 */
import { expect, test } from 'vitest';
import {
  decodeMessage,
  encodeFrame,
  encodeMessage,
  hello,
  limits,
  type Message,
  startDeviceLink,
  stepDeviceLink,
} from '../../device-protocol/src/index.ts';
import type { DeviceAnswer, DeviceAsk } from '../../host/src/core/device/device-port.ts';
import {
  type DeviceSessionEffect,
  type DeviceSessionInput,
  type DeviceStatus,
  startDeviceSession,
  stepDeviceSession,
} from '../../host/src/core/device/device-session.ts';
import { sentenceOf } from '../../host/src/report.ts';
import { cheapDh } from '../support/cheap-dh.ts';
import { bytesFrom, chance } from '../support/random.ts';

const facts = {
  bootId: new Uint8Array(8).fill(1),
  resetReason: 'power',
  firmware: 'evil',
  model: 'evil',
  frameMax: limits.frameDefault,
  messageMax: limits.messageMax,
  window: 18,
  streamMax: limits.streamMax,
  requestsMax: limits.requestsMax,
  capabilities: [],
} as const;
/** This computer has paired no device: one without the channel is spoken to, too. */
const unpaired = { dh: cheapDh, secret: new Uint8Array(32).fill(3), name: 'here', pin: null };
const infoBody = { state: 'ready', name: 'evil', accounts: 1, marks: [], damagedFrames: 0 } as const;
const note: DeviceAsk = {
  method: 'sign_event',
  account: 0,
  label: 'app',
  event: { kind: 1, created_at: 1, tags: [], content: 'x' },
};
const peer = '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
const decrypt: DeviceAsk = { method: 'nip44_decrypt', account: 0, label: 'app', peer, text: 'x'.repeat(200) };

/** The honest host's session, and a device that says whatever a test wants. */
function hostWith(said: { firmware: string; model: string } = facts) {
  const random = bytesFrom(chance(7));
  let session = startDeviceSession(random, unpaired);
  let device = startDeviceLink({ ...facts, ...said });
  let now = 1_000;
  const statuses: DeviceStatus[] = [];
  const answers: { job: number; answer: DeviceAnswer }[] = [];
  const heard: Message[] = [];

  function host(input: DeviceSessionInput): void {
    const [next, effects] = stepDeviceSession(session, input, now, random);
    session = next;
    for (const effect of effects) perform(effect);
  }

  function perform(effect: DeviceSessionEffect): void {
    if (effect.type === 'status') statuses.push(effect.status);
    if (effect.type === 'answered') answers.push({ job: effect.job, answer: effect.answer });
    if (effect.type !== 'write') return;
    const [next, done] = stepDeviceLink(device, { type: 'bytes', bytes: effect.bytes }, now);
    device = next;
    for (const each of done) {
      if (each.type === 'write') host({ type: 'bytes', bytes: each.bytes });
      if (each.type !== 'message') continue;
      const message = decodeMessage(each.bytes);
      if (message.type !== 'unreadable') heard.push(message);
    }
  }

  function say(message: Message): void {
    now += 1;
    const [next, done] = stepDeviceLink(device, { type: 'send', message: encodeMessage(message) }, now);
    device = next;
    for (const each of done) if (each.type === 'write') host({ type: 'bytes', bytes: each.bytes });
  }

  host({ type: 'wire_opened' });
  return { host, say, statuses, answers, heard, session: () => session };
}

/** The id under which the host asked last. */
function lastId(heard: readonly Message[], command: string): number {
  const found = heard.findLast((message) => message.type === 'request' && message.command === command);
  if (found?.type !== 'request') throw new Error(`the host never asked ${command}`);
  return found.id;
}

/** The device tells its state, as an honest one does, and answers the question that follows. */
function settle(world: ReturnType<typeof hostWith>): void {
  world.say({ type: 'notice', notice: 'state', body: { state: 'ready' } });
  world.say({ type: 'reply', id: lastId(world.heard, 'info'), command: 'info', body: infoBody });
}

test('an honest answer gets through (the control)', () => {
  const world = hostWith();
  settle(world);
  world.host({ type: 'ask', job: 1, client: 'a', ask: { method: 'get_public_key', account: 0 } });
  const id = lastId(world.heard, 'get_public_key');
  world.say({ type: 'reply', id, command: 'get_public_key', body: { pubkey: new Uint8Array(32).fill(9) } });
  expect(world.answers).toEqual([{ job: 1, answer: { type: 'public_key', pubkey: '09'.repeat(32) } }]);
});

test('a device that announces its state without end is told about once', () => {
  const world = hostWith();
  for (let i = 0; i < 500; i++) settle(world);
  expect(world.statuses.filter((status) => status.state === 'ready')).toHaveLength(1);
  const asked = world.heard.filter((message) => message.type === 'request' && message.command === 'info').length;
  expect(asked).toBeLessThanOrEqual(500);
  // Replies to questions that nobody asked change nothing.
  world.say({ type: 'reply', id: 2, command: 'info', body: { ...infoBody, state: 'fresh' } });
  expect(world.statuses.filter((status) => status.state === 'ready')).toHaveLength(1);
});

test('a hello of another version, repeated, is told about once', () => {
  const random = bytesFrom(chance(3));
  let session = startDeviceSession(random, unpaired);
  const statuses: DeviceStatus[] = [];
  const take = (input: DeviceSessionInput): void => {
    const [next, effects] = stepDeviceSession(session, input, 0, random);
    session = next;
    for (const effect of effects) if (effect.type === 'status') statuses.push(effect.status);
  };
  take({ type: 'wire_opened' });
  if (session.link.phase !== 'greeting') throw new Error('the host greets');
  const { session: number, nonce } = session.link;
  const payload = hello.encode({ ...facts, versionMin: 9, versionMax: 9, nonce });
  const bytes = encodeFrame({ type: 'hello', flags: 0, sequence: 0, session: number, payload });
  for (let i = 0; i < 1_000; i++) take({ type: 'bytes', bytes });
  expect(statuses.filter((status) => status.state === 'incompatible')).toHaveLength(1);
});

test('the words of a device cannot move the cursor or begin a line of ours', () => {
  const sequences = '\u001b]52;c;ZXZpbA==\u0007\u001b[2J\n● signing as mine\u009b1m';
  const world = hostWith({ firmware: sequences, model: sequences });
  settle(world);
  const words = world.statuses.map((status) => sentenceOf({ type: 'device', status }) ?? '').join('');
  expect(words).toContain('device ready');
  expect(words).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
});

test('answers that nobody asked for, of another command or for the second time are dropped', () => {
  const world = hostWith();
  settle(world);
  world.host({ type: 'ask', job: 1, client: 'a', ask: note });
  const id = lastId(world.heard, 'sign_event');
  const key = new Uint8Array(32);
  world.say({ type: 'reply', id, command: 'get_public_key', body: { pubkey: key } });
  world.say({
    type: 'reply',
    id: id + 2,
    command: 'sign_event',
    body: { id: key, sig: new Uint8Array(64), pubkey: key },
  });
  world.say({ type: 'error', id, command: 'nip44_decrypt', error: 'denied' });
  expect(world.answers).toEqual([]);
  world.say({ type: 'error', id, command: 'sign_event', error: 'denied' });
  world.say({ type: 'error', id, command: 'sign_event', error: 'denied' });
  expect(world.answers).toHaveLength(1);
  expect(world.session().staleAnswers).toBe(4);
});

test('an output cannot be pushed in crumbs, with gaps, beyond the limit, or for a signature', () => {
  const world = hostWith();
  settle(world);
  world.host({ type: 'ask', job: 1, client: 'a', ask: decrypt });
  world.host({ type: 'ask', job: 2, client: 'a', ask: note });
  const [text, signature] = [lastId(world.heard, 'nip44_decrypt'), lastId(world.heard, 'sign_event')];
  let own = 1;
  const push = (request: number, offset: number, length: number): string => {
    own += 2;
    const body = { request, offset, bytes: new Uint8Array(length) };
    world.say({ type: 'request', id: own, command: 'chunk_put', body });
    return world.heard.find((message) => message.type !== 'notice' && message.id === own)?.type ?? 'nothing';
  };
  expect(push(signature, 0, limits.chunkMax)).toBe('error');
  expect(push(text, 0, 1)).toBe('reply');
  expect(push(text, 1, 1)).toBe('error'); // nothing follows a crumb
  expect(push(text, 0, limits.pieceMin)).toBe('reply'); // but the start may be made anew
  expect(push(text, 300, limits.pieceMin)).toBe('error');
  expect(push(text, limits.resultMax, 1)).toBe('error');
  const piece = 3_000;
  expect(push(text, 0, piece)).toBe('reply');
  for (let at = piece; at + piece <= limits.resultMax; at += piece) expect(push(text, at, piece)).toBe('reply');
  const kept = world.session().open.reduce((sum, entry) => sum + entry.outputLength, 0);
  expect(push(text, kept, piece)).toBe('error');
  expect(kept).toBeLessThanOrEqual(limits.resultMax);
});

test('a device that answers a text with the wrong length or with bytes that are no text is not believed', () => {
  const world = hostWith();
  settle(world);
  const replies = [
    { length: 5, head: new Uint8Array(4) },
    { length: 2, head: Uint8Array.of(0xc3, 0x28) },
  ];
  for (const [job, output] of replies.entries()) {
    world.host({ type: 'ask', job: job + 1, client: 'a', ask: decrypt });
    world.say({ type: 'reply', id: lastId(world.heard, 'nip44_decrypt'), command: 'nip44_decrypt', body: { output } });
  }
  const codes = world.answers.map(({ answer }) => (answer.type === 'refused' ? answer.refusal.code : answer.type));
  expect(codes).toEqual(['bad_device_answer', 'bad_device_answer']);
});

test('apps take turns on the device, and what asks nobody does not wait for a human', () => {
  const world = hostWith();
  settle(world);
  for (let job = 1; job <= 20; job++) world.host({ type: 'ask', job, client: 'greedy', ask: note });
  world.host({ type: 'ask', job: 21, client: 'modest', ask: note });
  world.host({ type: 'ask', job: 22, client: 'modest', ask: { method: 'get_public_key', account: 0 } });
  const asked = (command: string): number[] =>
    world.heard.flatMap((message) => (message.type === 'request' && message.command === command ? [message.id] : []));
  expect(asked('sign_event')).toHaveLength(limits.requestsMax - 1);
  expect(asked('get_public_key')).toHaveLength(1);
  // The first place that becomes free is the modest app's.
  world.say({ type: 'error', id: asked('sign_event')[0] ?? 0, command: 'sign_event', error: 'denied' });
  const open = world.session().open.find((entry) => entry.job === 21);
  expect(open?.phase).toBe('sent');
});

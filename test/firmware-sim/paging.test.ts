/** An event that is larger than its head: the device pulls a page when the human turns to it, and believes only what it has read before. */
import { encodeCbor, type Message, type Unreadable } from '@sallyport/device-protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { sealedComputer } from '../support/sealed-computer.ts';

type Heard = readonly (Message | Unreadable)[];

const lines = Array.from({ length: 1_500 }, (_, i) => `line ${i} of a long note`).join('\n');
const input = encodeCbor([1_700_000_000, 1, [['t', 'nostr']], lines]);
let computer: ReturnType<typeof sealedComputer>;

const pullIn = (heard: Heard) => {
  const pull = heard.find((one) => one.type === 'request' && one.command === 'chunk_get');
  return pull?.type === 'request' && pull.command === 'chunk_get' ? pull : undefined;
};
const answerIn = (heard: Heard) =>
  heard.find((one) => (one.type === 'reply' || one.type === 'error') && one.id === 100);

/** Serves what the device pulls, until it pulls no more. */
function serve(heard: Heard, bytesOf = (from: number, to: number): Uint8Array => input.slice(from, to)): Heard {
  let last = heard;
  for (let pull = pullIn(last); pull !== undefined; pull = pullIn(last)) {
    const { offset, length } = pull.body;
    const bytes = bytesOf(offset, offset + length);
    last = computer.say({ type: 'reply', id: pull.id, command: 'chunk_get', body: { bytes } });
  }
  return last;
}
const screen = (): string => computer.screen().join('\n');
const changed = (from: number, to: number): Uint8Array => input.slice(from, to).map((byte) => byte ^ 1);

beforeEach(() => {
  computer = sealedComputer();
  computer.establish();
  const head = input.slice(0, 3_584);
  const body = { account: 0, label: 'a computer', input: { length: input.length, head } };
  serve(computer.say({ type: 'request', id: 100, command: 'sign_event', body }));
  expect(screen()).toContain('Sign note');
});

/** Turns back from the first page: the last ones lie at the other end of the event. */
function turnBack(): Heard {
  const heard = computer.press('back');
  expect(pullIn(heard)).toBeDefined();
  return heard;
}

describe('a page that has to be pulled', () => {
  test('leaves the old one on the screen without its keys, and no key but a no counts until it is there', () => {
    const before = computer.screen();
    const pulled = turnBack();
    expect(computer.screen().slice(0, -1)).toEqual(before.slice(0, -1));
    expect(computer.screen().at(-1)?.trim()).toBe('');
    expect(answerIn(computer.press('approve'))).toBeUndefined();
    expect(pullIn(computer.press('next'))).toBeUndefined();
    serve(pulled);
    expect(screen()).toContain('#1▸t▸nostr');
    expect(screen()).toContain('sign');
    expect(answerIn(computer.press('approve'))).toMatchObject({ type: 'reply', command: 'sign_event' });
  });

  test('is refused meanwhile by a press of no', () => {
    turnBack();
    expect(answerIn(computer.press('deny'))).toMatchObject({ type: 'error', error: 'denied' });
  });

  test('ends the request when the computer gives other bytes', () => {
    expect(answerIn(serve(turnBack(), changed))).toMatchObject({ type: 'error', error: 'stream_integrity' });
  });

  test('ends it when there are fewer bytes', () => {
    const heard = serve(turnBack(), (from, to) => input.slice(from, to - 1));
    expect(answerIn(heard)).toMatchObject({ type: 'error', error: 'stream_integrity' });
  });

  test('ends it when the computer refuses', () => {
    const pull = pullIn(turnBack());
    if (pull === undefined) throw new Error('nothing was pulled');
    const refused = computer.say({ type: 'error', id: pull.id, command: 'chunk_get', error: 'invalid_params' });
    expect(answerIn(refused)).toMatchObject({ type: 'error', error: 'stream_integrity' });
  });

  test('ends it when the computer says nothing', () => {
    turnBack();
    expect(answerIn(computer.advance(11_000))).toMatchObject({ type: 'error', error: 'stalled' });
  });

  test('is asked for once more by whoever claims the request', () => {
    turnBack();
    const again = computer.say({ type: 'request', id: 102, command: 'get_result', body: { request: 100 } });
    serve(again);
    expect(screen()).toContain('#1▸t▸nostr');
  });
});

test('every page is there, and the last one counts as seen after all of them', () => {
  const seen: string[] = [];
  for (let turns = 0; turns < 200; turns++) {
    seen.push(screen());
    if (screen().includes('#1▸t▸nostr')) break;
    serve(computer.press('next', 0, 400));
  }
  for (const n of [0, 1, 700, 1_499]) expect(seen.filter((page) => page.includes(`line ${n} of`))).not.toEqual([]);
  expect(screen()).not.toContain('more');
});

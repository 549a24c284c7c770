/** What is taken away while a request about it is open: a computer, an app, an account, the wish to be asked at all. */
import { decodeMessage, encodeCbor } from '@sallyport/device-protocol';
import { nip44 } from 'nostr-tools';
import { describe, expect, test } from 'vitest';
import { acceleratedCrypto } from '../../firmware-sim/src/accelerated-crypto.ts';
import { takesHold } from '../../firmware-sim/src/board.ts';
import { LCD240 } from '../../firmware-sim/src/firmware/env.ts';
import { act, approve, putOnScreen } from '../../firmware-sim/src/firmware/jobs/approval.ts';
import { askTheSame } from '../../firmware-sim/src/firmware/jobs/prompt.ts';
import { type Account, accountOfStored } from '../../firmware-sim/src/firmware/life/account.ts';
import { logEvents } from '../../firmware-sim/src/firmware/vault/log-entry.ts';
import { type Asks, appBench, pubkey, startS } from '../support/app-bench.ts';
import { memoryFlash, testChip } from '../support/memory-flash.ts';
import { testAccount } from '../support/open-life.ts';
import { bytesFrom, chance } from '../support/random.ts';
import { sealedComputer } from '../support/sealed-computer.ts';

function ready() {
  const bench = appBench();
  bench.paired();
  return bench;
}

const appKey = (bench: ReturnType<typeof ready>): Uint8Array =>
  bench.envelope({ method: 'ping', params: [], at: startS }).client;

/** The numbers of the newest entries in the log, as they lie there. */
function newest(bench: ReturnType<typeof ready>): number | undefined {
  const entry = bench.computer.firmware().log.block.entries.at(-1);
  // A map whose first key is 0, the event: one byte below 24.
  return entry?.[2];
}

describe('a computer that is forgotten', () => {
  test('gets nothing for a request that it kept half read, though a grant allows it', () => {
    const bench = ready();
    bench.sign();
    // Back from the first page: what is to be remembered.
    bench.press('back');
    bench.press('approve');
    bench.press('approve');
    bench.advance(3_000);
    const granted = bench.sign({ content: 'at once' });
    expect(bench.result(granted)).toMatchObject({ result: 'signature' });

    const asks: Asks = {
      method: 'sign_event',
      params: [JSON.stringify({ kind: 1, content: 'x'.repeat(6_000), tags: [], created_at: startS })],
    };
    const whole = bench.envelope(asks);
    const open = bench.say({ command: 'nip46_request', body: whole });
    const pull = bench.heard.findLast((one) => one.type === 'request' && one.command === 'chunk_get');
    expect(pull?.type).toBe('request');
    bench.say({ command: 'revoke_host', body: { key: bench.computer.key } });
    expect(bench.result(open)).toBe('not_paired');
    expect(bench.computer.firmware().jobs).toEqual([]);
  });
});

describe('an app that is taken away', () => {
  test('while its question is on the screen or waits: nobody is asked any more', () => {
    const bench = ready();
    const [shown, waiting] = [bench.sign(), bench.sign({ kind: 6 })];
    bench.advance(1_000);
    bench.say({ command: 'client_revoke', body: { client: appKey(bench), remoteSigner: pubkey } });
    expect(newest(bench)).toBe(logEvents.app_revoked);
    expect(bench.result(shown)).toBe('unknown_client');
    bench.advance(3_000);
    expect(bench.result(waiting)).toBe('unknown_client');
    expect(bench.computer.firmware().jobs).toEqual([]);
  });
});

describe('an account that is removed', () => {
  const secret = new Uint8Array(32).fill(8);
  const other = acceleratedCrypto.publicKey(secret);

  function withTwo() {
    const bench = ready();
    bench.say({ command: 'account_import', body: { name: 'Other', secret } });
    bench.press('next');
    bench.press('approve', 1_600);
    bench.advance(3_000);
    return bench;
  }

  test('ends what is read and asked about it, and nothing of another one', () => {
    const bench = withTwo();
    const removal = bench.say({ command: 'account_remove', body: { account: 0 } });
    const [own, ofApp] = [bench.own('mine'), bench.sign()];
    const head = encodeCbor([startS, 1, [], 'theirs']);
    const input = { length: head.length, head };
    const body = { label: 'the computer', input };
    const ofOther = bench.say({ command: 'sign_event', body: { account: 1, ...body } });
    const halfRead = bench.say({
      command: 'sign_event',
      body: { account: 0, ...body, input: { ...input, length: 6_000 } },
    });
    expect(bench.computer.firmware().jobs.map(({ phase }) => phase)).toEqual([
      'waiting',
      'waiting',
      'waiting',
      'reading',
    ]);
    for (let page = 0; page < 4; page++) bench.press('next');
    bench.press('approve', 1_600);
    expect(bench.answerTo(removal)).toMatchObject({ type: 'reply' });
    const ended = [own, ofApp, halfRead].map((id) => bench.answerTo(id));
    expect(ended.map((one) => one?.type === 'error' && one.error)).toEqual(Array(3).fill('unknown_account'));
    bench.advance(3_000);
    bench.press('approve');
    expect(bench.answerTo(ofOther)).toMatchObject({ type: 'reply', body: { pubkey: other } });
    expect(bench.computer.firmware().jobs).toEqual([]);
  });

  /** The prompts of two decryptions of one app, which are one question. */
  function alike() {
    const bench = ready();
    bench.own('is on the screen');
    const keys = nip44.v2.utils.getConversationKey(testAccount.secret, Buffer.from(other).toString('hex'));
    const params = [Buffer.from(other).toString('hex'), nip44.v2.encrypt('hello', keys)];
    for (let i = 0; i < 2; i++) bench.app({ method: 'nip44_decrypt', params });
    const [a, b] = bench.computer.firmware().jobs.flatMap((job) => (job.phase === 'waiting' ? [job.prompt] : []));
    if (a?.about !== 'use' || b?.about !== 'use') throw new Error('they do not wait');
    return [a, b] as const;
  }

  test('a question is never about two accounts', () => {
    const [a, b] = alike();
    const ofOther: typeof b = {
      ...b,
      subject: { ...b.subject, ...(b.subject.command !== 'sign_event' && { pubkey: other }) },
    };
    expect([askTheSame(a, b), askTheSame(a, ofOther)]).toEqual([true, false]);
    expect(() => putOnScreen([a, ofOther], LCD240, 0)).toThrow('put together');
  });

  test('what was approved for one account meets the key of no other', () => {
    const [a] = alike();
    const env = {
      ...testChip,
      crypto: acceleratedCrypto,
      flash: memoryFlash(),
      board: LCD240,
      random: bytesFrom(chance(1)),
    };
    const opened = (account: Account) => {
      const [approval] = approve(putOnScreen([a], LCD240, 0), 1, true) ?? [];
      if (approval === undefined) throw new Error('it was not approved');
      return act(approval, account, env);
    };
    const wrong = accountOfStored(
      { number: 0, name: 'Other', secret: secret.slice(), origin: 'imported' },
      acceleratedCrypto,
    );
    expect(() => opened(wrong)).toThrow('another account');
    expect(opened(testAccount)).toMatchObject({ type: 'output', bytes: Uint8Array.from(Buffer.from('hello')) });
  });
});

describe('never again', () => {
  test('holds for what waits already', () => {
    const bench = ready();
    const [shown, waiting, other] = [bench.sign(), bench.sign({ content: 'again' }), bench.sign({ kind: 6 })];
    // Back from the first page: what is to be remembered.
    bench.press('back');
    bench.press('deny');
    expect(bench.result(shown)).toBe('denied');
    bench.advance(1_000);
    expect(bench.result(waiting)).toBe('forbidden');
    expect(bench.result(other)).toBeUndefined();
    expect(bench.computer.firmware().jobs).toMatchObject([{ phase: 'reviewing' }]);
  });
});

describe('pairings that came together', () => {
  test('are counted one by one: the fourth has to wait', () => {
    const bench = ready();
    const ids = [1, 2, 3, 4, 5].map((n) => bench.connect('', `app ${n}`, true, { at: startS + 500 + n }));
    for (let i = 0; i < 5; i++) {
      bench.press('deny');
      bench.advance(3_000);
    }
    const answers = ids.map((id) => bench.answerTo(id));
    expect(answers.map((one) => (one?.type === 'error' ? one.error : one?.type))).toEqual([
      'denied',
      'denied',
      'denied',
      'rate_limited',
      'rate_limited',
    ]);
  });
});

describe('a computer that asks without end', () => {
  const answerTo = (bench: ReturnType<typeof ready>, id: number): string | null => {
    const all = bench.computer.said.map((bytes) => decodeMessage(bytes));
    const one = all.find((message) => 'id' in message && message.id === id && message.type !== 'request');
    return one === undefined ? null : one.type === 'error' ? one.error : one.type;
  };

  test('keeps nobody from the menu: no, held down, refuses all of it', () => {
    const bench = ready();
    const storm = (): number[] => Array.from({ length: 6 }, (_, i) => bench.own(`no ${i} ${bench.computer.now()}`));
    const asked = storm();
    bench.advance(1_000);
    const began = bench.computer.now();
    bench.computer.finger('press', 'deny', began);
    asked.push(bench.own('meanwhile'));
    bench.advance(1_500);
    asked.push(...storm().slice(0, 1));
    bench.computer.finger('hold', 'deny', began);
    expect(bench.computer.firmware().flow?.owner.by).toBe('device');
    expect(asked.map((id) => answerTo(bench, id))).toEqual(
      asked.map(() => expect.stringMatching(/^(denied|rate_limited|busy)$/)),
    );
    expect(bench.computer.firmware().jobs).toEqual([]);
    // What comes now waits behind the menu.
    const later = bench.own('later');
    bench.advance(2_000);
    expect(bench.computer.firmware().flow?.owner.by).toBe('device');
    expect(answerTo(bench, later)).toBeNull();
  });

  test('for flows neither', () => {
    const bench = ready();
    const rename = (): number => bench.say({ command: 'rename_device', body: { name: 'Mine' } });
    rename();
    bench.advance(1_000);
    const began = bench.computer.now();
    bench.computer.finger('press', 'deny', began);
    const again = rename();
    bench.advance(1_500);
    bench.computer.finger('hold', 'deny', began);
    expect(answerTo(bench, again)).toBe('denied');
    expect(bench.computer.firmware().flow?.owner.by).toBe('device');
  });
});

test('a code that comes under the finger is not confirmed by it', () => {
  const computer = sealedComputer();
  computer.establish();
  computer.say({ type: 'request', id: 6, command: 'pair', body: { name: 'desk' } });
  computer.say({ type: 'request', id: 8, command: 'pair_reveal', body: { random: new Uint8Array(32) } });
  // What presses by itself is told so.
  expect(takesHold(computer.firmware())).toBe(true);
  computer.press('approve', 1_600, 200);
  expect(computer.firmware().pairing).toMatchObject({ step: 'comparing', yes: false });
  computer.press('approve', 0, 400);
  expect(computer.firmware().pairing).toMatchObject({ step: 'comparing', yes: false });
  computer.press('approve', 1_600, 400);
  expect(computer.firmware().pairing).toMatchObject({ yes: true });
});

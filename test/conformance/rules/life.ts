/** Chapters 14 and 15: the life of a device, and its accounts. */
import type { DeviceError, ErrorMessage, Reply } from '@sallyport/device-protocol';
import { must, type Rule } from '../bench.ts';
import { nameOf, sameBytes, type Talk } from '../talk.ts';
import { humanMs, signing } from './asking.ts';
import { mustRefuse } from './messages.ts';

const accounts = 3;
const key = new Uint8Array(32).fill(9);

async function infoOf(talk: Talk): Promise<Reply<'info'>['body']> {
  const info = await talk.ask('info', {});
  must(info.type === 'reply' && info.command === 'info', `info: ${nameOf(info)}`);
  return info.body;
}

/** What is refused at once by a device that is ready, and why. */
const refusedWhenReady: readonly (readonly [string, DeviceError, (talk: Talk) => Promise<Reply | ErrorMessage>])[] = [
  ['mix_entropy of a device that has its words', 'wrong_state', (talk) => talk.ask('mix_entropy', { entropy: key })],
  ['unlock of what is not locked', 'wrong_state', (talk) => talk.ask('unlock', {})],
  ['an import of nothing', 'invalid_params', (talk) => talk.ask('account_import', { name: 'x' })],
  [
    'an import of two keys',
    'invalid_params',
    (talk) => talk.ask('account_import', { name: 'x', secret: key, ncryptsec: 'ncryptsec1' }),
  ],
  [
    'an import of the secret 0',
    'invalid_params',
    (talk) => talk.ask('account_import', { name: 'x', secret: new Uint8Array(32) }),
  ],
  [
    'an import of a secret over the order of the curve',
    'invalid_params',
    (talk) => talk.ask('account_import', { name: 'x', secret: new Uint8Array(32).fill(0xff) }),
  ],
  [
    'another name for an account that is not there',
    'unknown_account',
    (talk) => talk.ask('account_rename', { account: 15, name: 'x' }),
  ],
];

export const lifeRules: readonly Rule[] = [
  {
    chapter: 15,
    name: 'the list of accounts has those that info counts, with the keys that get_public_key gives',
    computer: 'paired',
    capability: accounts,
    presses: 0,
    check: async (talk) => {
      const list = await talk.ask('accounts', {});
      must(list.type === 'reply' && list.command === 'accounts', `accounts: ${nameOf(list)}`);
      const { accounts: all } = list.body;
      const info = await infoOf(talk);
      must(all.length === info.accounts, `${all.length} accounts, and info counts ${info.accounts}`);
      for (const { account, pubkey, origin, index } of all) {
        const answer = await talk.ask('get_public_key', { account });
        must(answer.type === 'reply' && answer.command === 'get_public_key', `account ${account}: ${nameOf(answer)}`);
        must(sameBytes(answer.body.pubkey, pubkey), `account ${account}: two keys`);
        must((origin === 'derived') === (index !== undefined), `account ${account} is ${origin}, its index ${index}`);
      }
    },
  },
  {
    chapter: 15,
    name: 'what a ready device cannot do, and accounts that cannot be made, are refused at once',
    computer: 'paired',
    capability: accounts,
    presses: 0,
    check: async (talk) => {
      for (const [words, error, ask] of refusedWhenReady) mustRefuse(await ask(talk), error, words);
    },
  },
  {
    chapter: 14,
    name: 'lock locks, what needs a key is locked then, and the PIN unlocks; but for a demo, which has none',
    computer: 'paired',
    capability: accounts,
    presses: 2,
    check: async (talk) => {
      const before = await infoOf(talk);
      const answer = await talk.ask('lock', {});
      if (before.marks.includes('demo')) return mustRefuse(answer, 'wrong_state', 'lock of a demo');
      must(answer.type === 'reply', `lock: ${nameOf(answer)}`);
      const after = await infoOf(talk);
      must(
        after.state === 'locked' && after.accounts === 0,
        `locked, it is ${after.state}, ${after.accounts} accounts`,
      );
      mustRefuse(await talk.ask('get_public_key', { account: 0 }), 'locked', 'get_public_key');
      mustRefuse(await talk.ask('accounts', {}), 'locked', 'accounts');
      mustRefuse(await talk.ask('sign_event', signing()), 'locked', 'sign_event');
      const left = talk.start('unlock', {});
      await talk.bench.press(left, 'deny', 'its PIN: LEAVE it, enter nothing');
      mustRefuse(await talk.answerTo(left, 'unlock', humanMs), 'denied', 'unlock that the human left');
      must((await infoOf(talk)).state === 'locked', 'not locked after an unlock that the human left');
      const id = talk.start('unlock', {});
      await talk.bench.press(id, 'approve', 'its PIN: UNLOCK it');
      const unlocked = await talk.answerTo(id, 'unlock', humanMs);
      must(unlocked.type === 'reply', `unlock: ${nameOf(unlocked)}`);
      must((await infoOf(talk)).state === 'ready', 'not ready after the PIN');
    },
  },
];

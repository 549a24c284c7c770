/**
 * A fresh device gets a key: new words, words of before, or a key that a computer gave. Nothing is in flash before the PIN was entered
 * twice, and then all of it at once: a power cut in the middle leaves a fresh device, or one that is set up.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '@noble/hashes/utils.js';
import { ascii } from '../formats/ascii.ts';
import { accountSecret } from '../formats/keys.ts';
import { openLife, setLife } from '../life/life.ts';
import { appendLog } from '../logging.ts';
import {
  accountRecord,
  firstSettings,
  type NewRecord,
  type StoredAccount,
  settingsRecordOf,
  wordsRecordOf,
} from '../vault/accounts-store.ts';
import { createVault } from '../vault/vault.ts';
import type { Flow, FlowEnd, Here, Part } from './flow.ts';
import { line } from './page-rows.ts';
import { choose, newPin, question, tell, working } from './parts.ts';
import { beforeWords, checkAll, checkSome, enterWords, showWords } from './words.ts';

const entropyBytes = 32;
/** What the first account is called until its owner gives it a name. */
const firstName = 'account 0';

/** From the choice to the open device. */
export function* setUpFlow(here: Here): Flow {
  const restores = [24, 12] as const;
  const chosen = yield* choose('Set up', ['New key', 'Use 24 words', 'Use 12 words', 'About import']);
  if (chosen === null) return { type: 'failed', error: 'denied' };
  if (chosen === 3) {
    yield* tell('Import', line('To bring a key of yours, import it from the computer: it asks this device.'));
    return { type: 'done' };
  }
  const count = restores[chosen - 1];
  const entropy = count === undefined ? yield* newWords(here) : yield* enterWords(here, count);
  if (entropy === null) return { type: 'failed', error: 'denied' };
  try {
    const done = yield* settle(here, entropy, count === undefined);
    return done ? { type: 'done' } : { type: 'failed', error: 'denied' };
  } finally {
    entropy.fill(0);
  }
}

/** What is mixed in by computers can make words no worse: it is hashed together with what the device drew. */
export function wordsEntropy(random: Uint8Array, pool: Uint8Array): Uint8Array {
  return sha256(concatBytes(ascii('sallyport words'), random, pool));
}

export function mixIntoPool(pool: Uint8Array, entropy: Uint8Array): Uint8Array {
  return sha256(concatBytes(ascii('sallyport pool'), pool, entropy));
}

/** Makes words, shows them, and asks some or all of them back; null: the human left. */
function* newWords(here: Here): Part<Uint8Array | null> {
  const { turn } = here;
  const drawn = turn.env.random(entropyBytes);
  const entropy = wordsEntropy(drawn, turn.state.pool);
  drawn.fill(0);
  let kept = false;
  try {
    if (!(yield* question('24 words', beforeWords, { yes: 'show', no: 'leave' }))) return null;
    for (;;) {
      if (!(yield* showWords(entropy))) return null;
      const how = yield* choose('Check them', ['Ask 4 of them', 'Ask all', 'Show again']);
      if (how === null) return null;
      if (how === 2) continue;
      const right = how === 0 ? yield* checkSome(here, entropy) : yield* checkAll(here, entropy);
      if (right) {
        kept = true;
        return entropy;
      }
      yield* tell('Not right', line('That was another word. Look at them again.'));
    }
  } finally {
    if (!kept) entropy.fill(0);
  }
}

/** The PIN, then the vault. */
function* settle(here: Here, entropy: Uint8Array, checked: boolean): Part<boolean> {
  yield* working('Deriving the key…');
  const secret = accountSecret(entropy, 0);
  try {
    const account: StoredAccount = { number: 0, name: firstName, origin: 'derived', index: 0, secret };
    // Whoever restored words has them; whoever made new ones was asked for them.
    const records = [wordsRecordOf(entropy), settingsRecordOf({ ...firstSettings, backupChecked: checked })];
    return yield* intoVault(here, account, records, { type: 'done' });
  } finally {
    secret.fill(0);
  }
}

/** Asks for a PIN and puts an account under it; false: the human left. `end`: what the flow comes to then. */
export function* intoVault(
  here: Here,
  account: StoredAccount,
  records: readonly NewRecord[],
  end: FlowEnd,
): Part<boolean> {
  const pin = yield* newPin(here);
  if (pin === null) return false;
  yield* working('Writing…');
  const { turn } = here;
  const whole = [accountRecord(account), ...records];
  const vault = createVault(turn.env, pin, whole);
  for (const [, bytes] of whole) bytes.fill(0);
  appendLog(turn, { event: 'set_up' });
  setLife(turn, openLife(turn.env, vault, turn.now));
  here.settled = end;
  yield* tell('Ready', line('The device is set up. Keep the PIN, and the words if there are any.'));
  return true;
}

/**
 * New bunker lines. A line is said once: of its one-time secret only the hash stays. It names the main remote-signer key, one of its own, or for
 * apps of early 2024 the key of the account itself.
 */
import { randomInt } from 'node:crypto';
import { npubEncode } from 'nostr-tools/nip19';
import { formatBunkerUri, formatOldToken } from './core/apps/bunker-uri.ts';
import { noLineKey, userKeys } from './core/apps/line-keys.ts';
import { hashSecret, type NewSecret } from './core/apps/sessions.ts';
import type { BridgeInput, BridgeState } from './core/bridge/bridge.ts';
import type { RemoteSigner } from './core/nip46/envelope.ts';
import { type Refusal, refuse } from './core/nip46/refusal.ts';

/** A line in today's form and in that of 2023, and the hash by which it is known. */
export type NewLine = { readonly uri: string; readonly oldToken: string; readonly hash: string };

/** What it is made for. `userKey`: it names the key of the account itself. */
export type WantedLine = Omit<NewSecret, 'hash' | 'addressed'> & { readonly userKey?: boolean };

type Parts = {
  readonly bridge: () => BridgeState;
  readonly toBridge: (input: BridgeInput) => void;
  readonly signer: RemoteSigner;
  /** Where nothing else is said, each line has a remote-signer key of its own. */
  readonly keyPerApp: boolean;
};

/** 32 letters and digits: 190 bits. Alphanumeric only, because nostr-tools' expression rejects the rest. */
const secretLength = 32;
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Makes lines, or says why there is none. */
export function lineMaker({ bridge, toBridge, signer, keyPerApp }: Parts) {
  return ({ ownKey = keyPerApp, userKey = false, ...wanted }: WantedLine): NewLine | Refusal => {
    const secret = Array.from({ length: secretLength }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
    const hash = hashSecret(secret);
    const { account } = wanted;
    const user = userKey ? userKeys(bridge().known).find((one) => one.account === account) : undefined;
    const refusal = userKey ? (user === undefined ? notAnswering : null) : ownKey ? noLineKey(bridge()) : null;
    if (refusal !== null) return refusal;
    toBridge({ type: 'secret', hash, ...wanted, ...(userKey ? { addressed: true } : { ownKey }) });
    const pubkey = user?.pubkey ?? signer.at(ownKey ? hash : '').pubkey;
    const line = { pubkey, relays: bridge().ownRelays.all, secret };
    return { uri: formatBunkerUri(line), oldToken: formatOldToken(line, npubEncode(pubkey)), hash };
  };
}

const notAnswering = refuse(
  'wrong_state',
  'This account does not answer at its own key.',
  'Allow it first: sallyport user-key 0 on, with the number of the account.',
);

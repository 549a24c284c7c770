/**
 * The rows about apps: requests that an app signed itself, pairings, grants. For paired computers only. An app is known by its client
 * key together with the remote-signer key that it speaks to.
 */
import { limits } from '../limits.ts';
import { bool, bytes, field, list, map, oneOf, optional, text, uint } from '../schema.ts';
import { account, type CommandRow, grant, ignored, input, key32, label, output, refused } from './parts.ts';

/**
 * The app's own event of kind 24133 (NIP-46), in parts: the device rebuilds it, computes its id, verifies its signature and decrypts
 * its content itself. The input is the content; whether it is NIP-04 or NIP-44 is read off it. `conversationKey` is NIP-44's for this
 * client and the remote-signer key, or for NIP-04 the x coordinate of their shared point.
 */
const signed = {
  account: field(0, account),
  client: field(1, key32),
  createdAt: field(2, uint()),
  tags: field(3, list(list(text(limits.clientTagMax), limits.clientTagItemsMax), limits.clientTagsMax)),
  sig: field(4, bytes(64)),
  input: field(6, input),
};
const envelope = { ...signed, conversationKey: field(5, key32) };
/** What can be asked at the user pubkey, as the computer hears of it afterwards. */
const addressedMethods = {
  pair: 1,
  connect: 2,
  get_public_key: 3,
  ping: 4,
  logout: 5,
  sign_event: 6,
  nip44_encrypt: 7,
  nip44_decrypt: 8,
  nip04_encrypt: 9,
  nip04_decrypt: 10,
  other: 11,
} as const;
const pair = { client: field(0, key32), remoteSigner: field(1, key32) };

export const clientCommands = {
  /** A request of a paired app. What comes back depends on the method that it names. */
  nip46_request: {
    code: 0x50,
    by: 'host',
    asksHuman: true,
    request: map(envelope, refused),
    reply: map(
      {
        /** signature: id, sig and pubkey; text: output; public_key: pubkey; ack: nothing more. */
        result: field(0, oneOf({ signature: 1, text: 2, public_key: 3, ack: 4 })),
        id: optional(1, key32),
        sig: optional(2, bytes(64)),
        pubkey: optional(3, key32),
        output: optional(4, output),
      },
      ignored,
    ),
  },
  /** Pairs an app by its signed and encrypted `connect`, after a press. `announced`: the user made the line that it answers. */
  client_connect: {
    code: 0x51,
    by: 'host',
    asksHuman: true,
    request: map({ ...envelope, announced: field(7, bool()) }, refused),
    reply: map({ granted: field(0, uint(limits.grantsMax)) }, ignored),
  },
  /** Pairs an app that the computer speaks for (nostrconnect://): name and permissions are the computer's words. After a press. */
  client_introduce: {
    code: 0x52,
    by: 'host',
    asksHuman: true,
    request: map(
      {
        ...pair,
        account: field(2, account),
        name: field(3, label),
        /** Requested permissions, as NIP-46 writes them: `sign_event:1,nip44_encrypt`. */
        perms: field(4, text(limits.permsMax)),
        announced: field(5, bool()),
        /** The seconds of the pairing: requests that the app signed before are not taken. */
        createdAt: field(6, uint()),
      },
      refused,
    ),
    reply: map({ granted: field(0, uint(limits.grantsMax)) }, ignored),
  },
  /** Some of the paired apps, from number `from` of the list on. */
  clients: {
    code: 0x53,
    by: 'host',
    asksHuman: false,
    request: map({ from: field(0, uint(limits.clientsMax)) }, refused),
    reply: map(
      {
        total: field(0, uint(limits.clientsMax)),
        clients: field(
          1,
          list(
            map(
              { ...pair, account: field(2, account), name: field(3, label), grants: field(4, uint(limits.grantsMax)) },
              ignored,
            ),
            limits.listMax,
          ),
        ),
      },
      ignored,
    ),
  },
  /** Forgets an app and its grants. Taking away needs no button. One that is not there is as good as gone. */
  client_revoke: {
    code: 0x54,
    by: 'host',
    asksHuman: false,
    request: map(pair, refused),
    reply: map({}, ignored),
  },
  /** The grants of an app, from number `from` of the list on. */
  grants: {
    code: 0x55,
    by: 'host',
    asksHuman: false,
    request: map({ ...pair, from: field(2, uint(limits.grantsMax)) }, refused),
    reply: map({ total: field(0, uint(limits.grantsMax)), grants: field(1, list(grant, limits.listMax)) }, ignored),
  },
  /** Grants that the computer proposes: each is shown, and given by a press. The reply says which were. */
  grants_propose: {
    code: 0x56,
    by: 'host',
    asksHuman: true,
    request: map({ ...pair, grants: field(2, list(grant, limits.listMax)) }, refused),
    reply: map({ given: field(0, list(bool(), limits.listMax)) }, ignored),
  },
  /** Takes a grant away, without a press. Only `allow` can be taken so: forgetting a `deny` would widen what the app may. */
  grant_revoke: {
    code: 0x57,
    by: 'host',
    asksHuman: false,
    request: map({ ...pair, grant: field(2, uint(0xffff)) }, refused),
    reply: map({}, ignored),
  },
  /**
   * A request that an app addressed to the user pubkey itself (texts of early 2024), of an account whose owner allows it: the device opens it
   * with the user key, and seals and signs the answer. `answerAt`: the seconds that the computer's clock says. An app that is not known may
   * `connect` if it was `announced`, or shows the text of one of these SHA-256 `secrets`.
   */
  user_request: {
    code: 0x58,
    by: 'host',
    asksHuman: true,
    request: map(
      {
        ...signed,
        answerAt: field(5, uint(0xffff_ffff)),
        announced: field(7, bool()),
        secrets: field(8, list(key32, limits.secretsMax)),
      },
      refused,
    ),
    reply: map(
      {
        /** What was asked; `connect` of an app that was not paired before is `pair`. */
        about: field(0, oneOf(addressedMethods)),
        /** The answer: an event of kind 24133 from the user key, with one tag `["p", client]`; `output` is its content. */
        createdAt: field(1, uint(0xffff_ffff)),
        id: field(2, key32),
        sig: field(3, bytes(64)),
        output: field(4, output),
        /** Of sign_event. */
        kind: optional(5, uint(0xffff)),
        /** The number of the error that the answer says; without it the answer is a result. */
        error: optional(6, uint(0xffff)),
        /** Of `pair` and `connect`: the hash of the secret that the app showed, where it is one of those that were sent. */
        secret: optional(7, key32),
        /** Of `pair`: what the app calls itself, a claim; left out where it says nothing. */
        name: optional(8, label),
      },
      ignored,
    ),
  },
} as const satisfies Readonly<Record<string, CommandRow>>;

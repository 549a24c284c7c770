/** The rows about accounts: which there are, new ones, imported ones. For paired computers only. */
import { limits } from '../limits.ts';
import { bool, bytes, field, list, map, oneOf, optional, text, uint } from '../schema.ts';
import { account, type CommandRow, ignored, key32, label, refused } from './parts.ts';

const made = map({ account: field(0, account), pubkey: field(1, key32) }, ignored);

export const accountCommands = {
  /** All accounts, by number. `index` is the NIP-06 index of a derived one. */
  accounts: {
    code: 0x20,
    by: 'host',
    asksHuman: false,
    request: map({}, refused),
    reply: map(
      {
        accounts: field(
          0,
          list(
            map(
              {
                account: field(0, account),
                name: field(1, label),
                pubkey: field(2, key32),
                /** An imported key was known to a computer once: that is said for ever. */
                origin: field(3, oneOf({ derived: 1, imported: 2 })),
                index: optional(4, uint(0x7fff_ffff)),
                /** Whether requests addressed to its own key are answered; with capability 5. */
                addressed: optional(5, bool()),
              },
              ignored,
            ),
            limits.accountsMax,
          ),
        ),
      },
      ignored,
    ),
  },
  /** The next NIP-06 account of the words. */
  account_create: {
    code: 0x21,
    by: 'host',
    asksHuman: true,
    request: map({ name: field(0, label) }, refused),
    reply: made,
  },
  /** The NIP-06 account of this index. */
  account_derive: {
    code: 0x22,
    by: 'host',
    asksHuman: true,
    request: map({ name: field(0, label), index: field(1, uint(0x7fff_ffff)) }, refused),
    reply: made,
  },
  /** A key from elsewhere: the secret itself, or an ncryptsec (NIP-49) whose password is typed on the device. One of the two. */
  account_import: {
    code: 0x23,
    by: 'host',
    asksHuman: true,
    request: map(
      { name: field(0, label), secret: optional(1, bytes(32)), ncryptsec: optional(2, text(limits.ncryptsecMax)) },
      refused,
    ),
    reply: made,
  },
  account_rename: {
    code: 0x24,
    by: 'host',
    asksHuman: true,
    request: map({ account: field(0, account), name: field(1, label) }, refused),
    reply: map({}, ignored),
  },
  /** Forgets an account, its apps and their grants, after a hold. */
  account_remove: {
    code: 0x25,
    by: 'host',
    asksHuman: true,
    request: map({ account: field(0, account) }, refused),
    reply: map({}, ignored),
  },
  /**
   * Whether requests addressed to the account's own key are answered (`user_request`). Allowing it takes a hold; taking it back needs no
   * press, and ends what is open there.
   */
  account_address: {
    code: 0x27,
    by: 'host',
    asksHuman: true,
    request: map({ account: field(0, account), addressed: field(1, bool()) }, refused),
    reply: map({}, ignored),
  },
  /** The human enters the words again; the reply says that they were right. */
  backup_check: { code: 0x26, by: 'host', asksHuman: true, request: map({}, refused), reply: map({}, ignored) },
} as const satisfies Readonly<Record<string, CommandRow>>;

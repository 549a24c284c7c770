/** The rows that use the user key in the name of the computer itself: shown as such, and always asking. */
import { bytes, field, map } from '../schema.ts';
import { account, type CommandRow, ignored, input, key32, label, output, refused } from './parts.ts';

const textRequest = map(
  { account: field(0, account), label: field(1, label), peer: field(2, key32), input: field(3, input) },
  refused,
);
const textReply = map({ output: field(0, output) }, ignored);

export const keyCommands = {
  /** The x-only public key of an account (BIP-340). Asks nobody. */
  get_public_key: {
    code: 0x30,
    by: 'host',
    asksHuman: false,
    request: map({ account: field(0, account) }, refused),
    reply: map({ pubkey: field(0, key32) }, ignored),
  },
  /** Shows an event and signs it. The input is deterministic CBOR `[created_at, kind, tags, content]`, the order of NIP-01. */
  sign_event: {
    code: 0x31,
    by: 'host',
    asksHuman: true,
    request: map({ account: field(0, account), label: field(1, label), input: field(3, input) }, refused),
    reply: map({ id: field(0, key32), sig: field(1, bytes(64)), pubkey: field(2, key32) }, ignored),
  },
  /** The input is the UTF-8 of the text (to encrypt) or of the payload (to decrypt), and so is the output. */
  nip44_encrypt: { code: 0x40, by: 'host', asksHuman: true, request: textRequest, reply: textReply },
  nip44_decrypt: { code: 0x41, by: 'host', asksHuman: true, request: textRequest, reply: textReply },
  nip04_encrypt: { code: 0x42, by: 'host', asksHuman: true, request: textRequest, reply: textReply },
  nip04_decrypt: { code: 0x43, by: 'host', asksHuman: true, request: textRequest, reply: textReply },
} as const satisfies Readonly<Record<string, CommandRow>>;

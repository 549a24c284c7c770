/** The rows about computers: the channel's handshake, pairing by six digits, the list. */
import { limits } from '../limits.ts';
import { bool, bytes, field, list, map } from '../schema.ts';
import { type CommandRow, ignored, key32, label, refused } from './parts.ts';

export const hostCommands = {
  /** The channel's first two handshake messages. Once in a link session, before anything is sealed. */
  handshake: {
    code: 0x10,
    by: 'host',
    asksHuman: false,
    request: map({ message: field(0, bytes(32)) }, refused),
    reply: map({ message: field(0, bytes(96)) }, ignored),
  },
  /** The last handshake message. Everything from its reply on is sealed; the reply says whether the device knows this computer. */
  handshake_finish: {
    code: 0x11,
    by: 'host',
    asksHuman: false,
    request: map({ message: field(0, bytes(64)) }, refused),
    reply: map({ paired: field(0, bool()) }, ignored),
  },
  /** Begins a pairing: the name of the computer, against the device's commitment to its random. Sealed sessions only. */
  pair: {
    code: 0x12,
    by: 'host',
    asksHuman: false,
    request: map({ name: field(0, label) }, refused),
    reply: map({ commitment: field(0, key32) }, ignored),
  },
  /** The host's random against the device's; from here both show the code. */
  pair_reveal: {
    code: 0x13,
    by: 'host',
    asksHuman: false,
    request: map({ random: field(0, key32) }, refused),
    reply: map({ random: field(0, key32) }, ignored),
  },
  /** What the human said at the computer. The reply comes when the human has said yes at the device too, and it is kept. */
  pair_confirm: {
    code: 0x14,
    by: 'host',
    asksHuman: false,
    request: map({ yes: field(0, bool()) }, refused),
    reply: map({}, ignored),
  },
  /** The paired computers. For paired ones only. */
  hosts: {
    code: 0x15,
    by: 'host',
    asksHuman: false,
    request: map({}, refused),
    reply: map(
      { hosts: field(0, list(map({ key: field(0, key32), name: field(1, label) }, ignored), limits.hostsMax)) },
      ignored,
    ),
  },
  /** Forgets a paired computer, also the asking one. For paired ones only; taking away needs no button. */
  revoke_host: {
    code: 0x16,
    by: 'host',
    asksHuman: false,
    request: map({ key: field(0, key32) }, refused),
    reply: map({}, ignored),
  },
} as const satisfies Readonly<Record<string, CommandRow>>;

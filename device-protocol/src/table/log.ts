/** The rows of the device's log: a hash chain of what was decided. For paired computers only. */
import { limits } from '../limits.ts';
import { bytes, field, list, map, uint } from '../schema.ts';
import { type CommandRow, ignored, key32, refused } from './parts.ts';

export const logCommands = {
  /** Entries from this number on, each as the bytes that are in the chain. `first` is the oldest that is still kept. */
  log_read: {
    code: 0x70,
    by: 'host',
    asksHuman: false,
    request: map({ from: field(0, uint()) }, refused),
    reply: map(
      {
        first: field(0, uint()),
        entries: field(
          1,
          list(
            map({ number: field(0, uint()), entry: field(1, bytes(1, limits.logEntryMax)) }, ignored),
            limits.listMax,
          ),
        ),
      },
      ignored,
    ),
  },
  /** The newest number and the hash of the chain there, signed over the nonce by the log key of this device (BIP-340). */
  log_head: {
    code: 0x71,
    by: 'host',
    asksHuman: false,
    request: map({ nonce: field(0, key32) }, refused),
    reply: map(
      { number: field(0, uint()), head: field(1, key32), logKey: field(2, key32), sig: field(3, bytes(64)) },
      ignored,
    ),
  },
} as const satisfies Readonly<Record<string, CommandRow>>;

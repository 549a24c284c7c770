/** The rows about the device itself: its state, its lock, the entropy that it is given, ping. */
import { limits } from '../limits.ts';
import { bytes, field, list, map, oneOf, optional, text, uint } from '../schema.ts';
import { type CommandRow, ignored, label, refused, requestId } from './parts.ts';

/** Whether the device has a key and will use it. */
export const deviceStates = oneOf({ fresh: 0, locked: 1, ready: 2 });

export const deviceCommands = {
  /** State of the device and what it is called. */
  info: {
    code: 0x01,
    by: 'host',
    asksHuman: false,
    request: map({}, refused),
    reply: map(
      {
        state: field(0, deviceStates),
        name: field(1, text(limits.labelMax)),
        /** How many accounts there are; 0 while it is locked. */
        accounts: field(2, uint(limits.accountsMax)),
        /** What a human must know: a simulator, a throwaway key, a device that presses its own buttons. */
        marks: field(3, list(oneOf({ simulator: 1, demo: 2, auto_press: 3 }), 8)),
        /** What the link threw away since the start, for diagnostics: damaged frames. */
        damagedFrames: field(4, uint()),
        /** How many paired apps this board keeps. */
        clientsMax: optional(5, uint(limits.clientsMax)),
        /** How many accounts answer requests to their own key; left out where none does. */
        addressed: optional(6, uint(limits.accountsMax)),
      },
      ignored,
    ),
  },
  /** What became of a request of this boot; an ended one is answered again under its own id, before this reply. */
  get_result: {
    code: 0x02,
    by: 'host',
    asksHuman: false,
    request: map({ request: field(0, requestId) }, refused),
    reply: map({ request: field(0, requestId), state: field(1, oneOf({ unknown: 0, open: 1, ended: 2 })) }, ignored),
  },
  /** Locks: the keys are forgotten until the PIN. For paired computers; taking away needs no button. */
  lock: { code: 0x03, by: 'host', asksHuman: false, request: map({}, refused), reply: map({}, ignored) },
  /** Asks for the PIN on the device; the reply comes when it is unlocked. */
  unlock: { code: 0x04, by: 'host', asksHuman: true, request: map({}, refused), reply: map({}, ignored) },
  /** Forgets everything, after a hold on the device. For paired computers. */
  wipe: { code: 0x05, by: 'host', asksHuman: true, request: map({}, refused), reply: map({}, ignored) },
  /** Answered at once, whatever else is open. */
  ping: {
    code: 0x06,
    by: 'host',
    asksHuman: false,
    request: map({ nonce: field(0, bytes(8)) }, refused),
    reply: map({ nonce: field(0, bytes(8)) }, ignored),
  },
  /** Randomness of the computer, for the words of a fresh device: mixed into its own, never in place of it. */
  mix_entropy: {
    code: 0x07,
    by: 'host',
    asksHuman: false,
    request: map({ entropy: field(0, bytes(32)) }, refused),
    reply: map({}, ignored),
  },
  /** Gives the device a name, after a press. For paired computers. */
  rename_device: {
    code: 0x08,
    by: 'host',
    asksHuman: true,
    request: map({ name: field(0, label) }, refused),
    reply: map({}, ignored),
  },
} as const satisfies Readonly<Record<string, CommandRow>>;

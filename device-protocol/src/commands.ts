/**
 * The table of commands: the protocol is this table. The types, the codecs, the dispatch at both ends and the CDDL follow from
 * it; a missing handler does not compile. Numbers are for ever: a command that goes leaves a gap.
 *
 * `by` says who asks: `host` asks the device, `device` asks the host (it pulls and pushes chunks of streams). `asksHuman` says
 * that nothing happens without the button; such a request is never sent twice on a guess.
 */
import { limits } from './limits.ts';
import { type AnySchema, bytes, field, list, map, oneOf, optional, text, uint } from './schema.ts';

const refused = 'refused';
const ignored = 'ignored';

/** A request id: the host's are even, the device's are odd. Unique within one boot of the device. */
const requestId = uint(0xffff_ffff);
const account = uint(limits.accountsMax - 1);
const key32 = bytes(32);
/** The asking app, as the computer calls it: shown as a claim. */
const label = text(limits.labelMax);

/** What goes in: its length, and as much of its beginning as fits one message. The device pulls the rest with chunk_get. */
const input = map({ length: field(0, uint(limits.resultMax)), head: field(1, bytes(0, limits.headMax)) }, refused);
/** What comes out: its length, and all of it when it fits; otherwise it was pushed before with chunk_put, and `head` is empty. */
const output = map({ length: field(0, uint(limits.resultMax)), head: field(1, bytes(0, limits.chunkMax)) }, ignored);

const textRequest = map(
  { account: field(0, account), label: field(1, label), peer: field(2, key32), input: field(3, input) },
  refused,
);
const textReply = map({ output: field(0, output) }, ignored);

/** Whether the device has a key and will use it. */
const deviceStates = oneOf({ fresh: 0, locked: 1, ready: 2 });

type CommandRow = {
  readonly code: number;
  readonly by: 'host' | 'device';
  readonly asksHuman: boolean;
  readonly request: AnySchema;
  readonly reply: AnySchema;
};

export const commands = {
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
        accounts: field(2, uint(limits.accountsMax)),
        /** What a human must know: a simulator, a throwaway key, a device that presses its own buttons. */
        marks: field(3, list(oneOf({ simulator: 1, demo: 2, auto_press: 3 }), 8)),
        /** What the link threw away since the start, for diagnostics: damaged frames. */
        damagedFrames: field(4, uint()),
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
  /** Answered at once, whatever else is open. */
  ping: {
    code: 0x06,
    by: 'host',
    asksHuman: false,
    request: map({ nonce: field(0, bytes(8)) }, refused),
    reply: map({ nonce: field(0, bytes(8)) }, ignored),
  },
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
  /** The device pulls a piece of an input of an open request. The host answers exactly the bytes asked for. */
  chunk_get: {
    code: 0x60,
    by: 'device',
    asksHuman: false,
    request: map(
      {
        request: field(0, requestId),
        offset: field(1, uint(limits.resultMax)),
        length: field(2, uint(limits.chunkMax)),
      },
      refused,
    ),
    reply: map({ bytes: field(0, bytes(1, limits.chunkMax)) }, refused),
  },
  /** The device pushes a piece of an output, in order and without gaps, before it answers the request itself. */
  chunk_put: {
    code: 0x61,
    by: 'device',
    asksHuman: false,
    request: map(
      {
        request: field(0, requestId),
        offset: field(1, uint(limits.resultMax)),
        bytes: field(2, bytes(1, limits.chunkMax)),
      },
      refused,
    ),
    reply: map({}, refused),
  },
} as const satisfies Readonly<Record<string, CommandRow>>;

/** The name of a command. */
export type Command = keyof typeof commands;

/** The commands that use the user key and ask the human. */
export type AskingCommand = {
  [C in Command]: (typeof commands)[C]['asksHuman'] extends true ? C : never;
}[Command];

/** Those of them whose input and output are texts; their outputs may be pushed in pieces. */
export type TextCommand = Exclude<AskingCommand, 'sign_event'>;

/** Whether a command's input and output are texts. */
export function isTextCommand(command: Command): command is TextCommand {
  return commands[command].request === textRequest;
}

/**
 * Kinds that `sign_event` never signs. Rumors (14 and 15, NIP-59) lose their deniability when signed; a signed 24133 would let
 * the host speak as the user's key.
 */
export const neverSigned: readonly number[] = [14, 15, 24133];

/** What the device says unasked. Not acknowledged by a message; an unknown notice is ignored. */
export const notices = {
  /** What an open request is doing. `left` is milliseconds until the approval ends, `percent` the share of a stream. */
  progress: {
    code: 0x80,
    body: map(
      {
        request: field(0, requestId),
        step: field(1, oneOf({ queued: 0, receiving: 1, waiting_for_button: 2, working: 3, sending: 4 })),
        left: optional(2, uint(0xffff_ffff)),
        percent: optional(3, uint(100)),
      },
      ignored,
    ),
  },
  /** The state of the device: said when a session opens and whenever it changes. */
  state: { code: 0x82, body: map({ state: field(0, deviceStates) }, ignored) },
} as const;

/** The body of a hello frame: what a device says of itself, in this layout for ever (later versions add keys). */
export const helloBody = map(
  {
    /** The lowest and highest version of the messages that the device speaks; this document is version 1. */
    versionMin: field(0, uint(255)),
    versionMax: field(1, uint(255)),
    /** The nonce of the hello request that this answers. */
    nonce: field(2, bytes(8)),
    /** Random, made anew at each start: another one means that the device forgot every open request. */
    bootId: field(3, bytes(8)),
    resetReason: field(4, oneOf({ unknown: 0, power: 1, button: 2, watchdog: 3, fault: 4, update: 5 })),
    firmware: field(5, text(limits.labelMax)),
    model: field(6, text(limits.labelMax)),
    frameMax: field(7, uint(limits.frameMax)),
    messageMax: field(8, uint(limits.messageMax)),
    window: field(9, uint(limits.windowMax)),
    streamMax: field(10, uint(limits.streamMax)),
    requestsMax: field(11, uint(limits.requestsMax)),
    /** Numbers of optional abilities, in any order. Version 1 defines none; the secure channel and sealed mode will. */
    capabilities: field(12, list(uint(0xffff), 32)),
  },
  ignored,
);

/** The payload of a hello request: the versions the host speaks and a nonce. In this layout for ever. */
export const helloRequestBody = map(
  { versionMin: field(0, uint(255)), versionMax: field(1, uint(255)), nonce: field(2, bytes(8)) },
  ignored,
);

/** The version of the messages in this table. */
export const protocolVersion = 1;

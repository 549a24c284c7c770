/**
 * The table of commands: the protocol is this table. The types, the codecs, the dispatch at both ends and the CDDL follow from
 * it; a missing handler does not compile. Numbers are for ever: a command that goes leaves a gap. The rows stand in `table/`, a file
 * a topic.
 *
 * `by` says who asks: `host` asks the device, `device` asks the host (it pulls and pushes chunks of streams). `asksHuman` says
 * that nothing happens without the button; such a request is never sent twice on a guess.
 */
import { limits } from './limits.ts';
import { bytes, field, list, map, oneOf, optional, text, uint } from './schema.ts';
import { accountCommands } from './table/accounts.ts';
import { clientCommands } from './table/clients.ts';
import { deviceCommands, deviceStates } from './table/device.ts';
import { hostCommands } from './table/hosts.ts';
import { keyCommands } from './table/keys.ts';
import { logCommands } from './table/log.ts';
import { type CommandRow, ignored, requestId } from './table/parts.ts';
import { streamCommands } from './table/streams.ts';

export const commands = {
  ...deviceCommands,
  ...hostCommands,
  ...accountCommands,
  ...keyCommands,
  ...clientCommands,
  ...streamCommands,
  ...logCommands,
} as const satisfies Readonly<Record<string, CommandRow>>;

/** The name of a command. */
export type Command = keyof typeof commands;

/** The commands that use the user key in the computer's own name. */
export type AskingCommand = Exclude<keyof typeof keyCommands, 'get_public_key'>;

/** Those of them whose input and output are texts; their outputs may be pushed in pieces. */
export type TextCommand = Exclude<AskingCommand, 'sign_event'>;

/** Whether a command's input and output are texts. */
export function isTextCommand(command: Command): command is TextCommand {
  return commands[command].request === keyCommands.nip44_encrypt.request;
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
    /** Numbers of optional abilities, in any order: see `capabilities`. */
    capabilities: field(12, list(uint(0xffff), 32)),
  },
  ignored,
);

/** The payload of a hello request: the versions the host speaks and a nonce. In this layout for ever. */
export const helloRequestBody = map(
  { versionMin: field(0, uint(255)), versionMax: field(1, uint(255)), nonce: field(2, bytes(8)) },
  ignored,
);

/** Optional abilities that a hello may announce. */
export const capabilities = { channel: 1, clients: 2, accounts: 3, log: 4, addressed: 5 } as const;

/** The version of the messages in this table. */
export const protocolVersion = 1;

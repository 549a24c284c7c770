/**
 * Translation between what the host asks (device-port.ts) and the commands of the device protocol. Pure values both ways; the
 * bookkeeping of what is open is device-session.ts.
 */

import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import {
  type AskingCommand,
  commands,
  type DeviceError,
  decodeUtf8,
  deviceErrors,
  encodeCbor,
  encodeUtf8,
  limits,
  type Reply,
  type Request,
} from '@sallyport/device-protocol';
import type { DeviceAnswer, DeviceAsk } from './device-port.ts';
import { type Refusal, type RefusalCode, refuse } from './refusal.ts';

/**
 * A request ready to be sent under any id, and the whole of its input for the device to pull from. One that asks the human is
 * never sent twice on a guess; one that asks nobody may be. `streams`: its input counts against the device's `streamMax`.
 */
export type Prepared = {
  readonly input: Uint8Array;
  readonly asksHuman: boolean;
  readonly streams: boolean;
  readonly toRequest: (id: number) => Request;
};

/** This version knows one account; the next ones let the app's pairing choose. */
const account = 0;

/** Prepares an ask, or refuses what no device could take. */
export function prepare(ask: DeviceAsk): Prepared | Refusal {
  if (ask.method === 'get_public_key') {
    return {
      input: new Uint8Array(0),
      asksHuman: commands.get_public_key.asksHuman,
      streams: false,
      toRequest: (id) => ({ type: 'request', id, command: 'get_public_key', body: { account } }),
    };
  }
  if (ask.method === 'sign_event') {
    const { created_at, kind, tags, content } = ask.event;
    // As the gate of the device counts: the list and its four fields, each tag and its values.
    const items = tags.reduce((sum, tag) => sum + 1 + tag.length, 5);
    if (items > limits.streamItemsMax) return tooLarge(`events of ${limits.streamItemsMax} tags and values`);
    return streamed('sign_event', encodeCbor([created_at, kind, tags, content]), (id, input) => ({
      type: 'request',
      id,
      command: 'sign_event',
      body: { account, label: fitLabel(ask.label), input },
    }));
  }
  const text = encodeUtf8(ask.text);
  if (text === null) return refuse('malformed', 'The text is not valid Unicode.', 'The app sent a broken text.');
  const { method } = ask;
  const peer = hexToBytes(ask.peer);
  return streamed(method, text, (id, input) => ({
    type: 'request',
    id,
    command: method,
    body: { account, label: fitLabel(ask.label), peer, input },
  }));
}

/** Refuses what this device does not take: it may have less room than the protocol allows. Null when it fits. */
export function refuseFor(prepared: Prepared, streamMax: number): Refusal | null {
  return prepared.streams && prepared.input.length > streamMax ? tooLarge(`${streamMax} bytes`) : null;
}

/** The answer that a reply holds, `output` being what was pushed before it; null when the reply is not one that we asked for. */
export function toAnswer(reply: Reply, output: Uint8Array): DeviceAnswer | null {
  switch (reply.command) {
    case 'get_public_key':
      return { type: 'public_key', pubkey: bytesToHex(reply.body.pubkey) };
    case 'sign_event': {
      const { id, sig, pubkey } = reply.body;
      return { type: 'signature', id: bytesToHex(id), sig: bytesToHex(sig), pubkey: bytesToHex(pubkey) };
    }
    case 'nip04_encrypt':
    case 'nip04_decrypt':
    case 'nip44_encrypt':
    case 'nip44_decrypt': {
      const { length, head } = reply.body.output;
      const whole = head.length === length ? head : output;
      const text = whole.length === length ? decodeUtf8(whole) : null;
      return text === null
        ? refused('bad_device_answer', 'The device answered with a broken text.')
        : { type: 'text', text };
    }
    default:
      return null;
  }
}

const codes: Partial<Record<DeviceError, RefusalCode>> = {
  denied: 'denied',
  timed_out: 'timed_out',
  cancelled: 'cancelled',
  busy: 'busy',
  too_large: 'too_large',
  bad_payload: 'bad_payload',
  forbidden_kind: 'forbidden_kind',
};

/** The refusal for an error of the device, in the words of the table. */
export function toRefusal(error: DeviceError): Refusal {
  const { words, advice } = deviceErrors[error];
  return refuse(codes[error] ?? 'device_refused', words, advice);
}

function streamed(
  command: AskingCommand,
  input: Uint8Array,
  toRequest: (id: number, head: Input) => Request,
): Prepared | Refusal {
  // A payload to decrypt may be larger than the text in it.
  const streams = command !== 'nip04_decrypt' && command !== 'nip44_decrypt';
  const max = streams ? limits.streamMax : limits.resultMax;
  if (input.length > max) return tooLarge(`${max} bytes`);
  return {
    input,
    asksHuman: commands[command].asksHuman,
    streams,
    toRequest: (id) => toRequest(id, { length: input.length, head: input.slice(0, limits.headMax) }),
  };
}

function tooLarge(most: string): Refusal {
  return refuse('too_large', `The device takes ${most} at most.`, 'Sign or encrypt something smaller.');
}

type Input = { readonly length: number; readonly head: Uint8Array };

/** Cuts a label to the limit in bytes without splitting a character. */
function fitLabel(label: string): string {
  let fitted = '';
  for (const character of label.toWellFormed()) {
    if ((encodeUtf8(fitted + character)?.length ?? 0) > limits.labelMax) break;
    fitted += character;
  }
  return fitted;
}

function refused(code: RefusalCode, words: string): DeviceAnswer {
  return { type: 'refused', refusal: refuse(code, words, 'Check the device and its firmware.') };
}

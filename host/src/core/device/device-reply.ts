/**
 * What the device replied, as the host's own values (device-port.ts). Pure, and the last place where the device's words are only words: what
 * ends up in a terminal is cleaned here, what is less than it has to be is refused.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import { decodeUtf8, limits, type Reply, type ReplyOf } from '@sallyport/device-protocol';
import { cleanLine } from '../apps/client-metadata.ts';
import { refuse } from '../nip46/refusal.ts';
import { fromWire } from './device-grants.ts';
import type { DeviceAnswer } from './device-port.ts';
import { refusalOfNumber } from './device-refusal.ts';

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
    case 'nip44_decrypt':
      return textAnswer(reply.body.output, output);
    case 'nip46_request':
      return clientAnswer(reply.body, output);
    case 'user_request':
      return sealedAnswer(reply.body, output);
    case 'account_create':
      return { type: 'made', account: reply.body.account, pubkey: bytesToHex(reply.body.pubkey) };
    case 'client_connect':
    case 'client_introduce':
      return { type: 'paired', by: 'device' };
    case 'grants':
      return { type: 'grants', total: reply.body.total, grants: reply.body.grants.map(fromWire) };
    case 'grants_propose':
      return { type: 'given', given: reply.body.given };
    case 'client_revoke':
    case 'grant_revoke':
    case 'account_address':
    case 'lock':
      return { type: 'done' };
    case 'log_head': {
      const { number, head, logKey, sig } = reply.body;
      return { type: 'log_head', number, head: bytesToHex(head), logKey: bytesToHex(logKey), sig: bytesToHex(sig) };
    }
    case 'log_read': {
      const entries = reply.body.entries.map(({ number, entry }) => ({ number, entry: bytesToHex(entry) }));
      return { type: 'log', entries };
    }
    case 'accounts': {
      // The device's own words end up in a terminal: nothing in them may move its cursor or speak in our name.
      const named = reply.body.accounts.map(({ account, name, pubkey, addressed }) => ({
        account,
        name: cleanLine(name, limits.labelMax),
        pubkey: bytesToHex(pubkey),
        ...(addressed === true ? { addressed } : {}),
      }));
      return { type: 'accounts', accounts: named };
    }
    default:
      return null;
  }
}

function clientAnswer(body: ReplyOf<'nip46_request'>, pushed: Uint8Array): DeviceAnswer {
  const { result, id, sig, pubkey, output } = body;
  if (result === 'signature' && id !== undefined && sig !== undefined && pubkey !== undefined) {
    return { type: 'signature', id: bytesToHex(id), sig: bytesToHex(sig), pubkey: bytesToHex(pubkey) };
  }
  if (result === 'text' && output !== undefined) return textAnswer(output, pushed);
  if (result === 'public_key' && pubkey !== undefined) return { type: 'public_key', pubkey: bytesToHex(pubkey) };
  return result === 'ack' ? { type: 'done' } : badAnswer('The device answered with less than it has to.');
}

function sealedAnswer(body: ReplyOf<'user_request'>, pushed: Uint8Array): DeviceAnswer {
  const text = textAnswer(body.output, pushed);
  if (text.type !== 'text') return text;
  const { about, createdAt, kind, error, secret, name } = body;
  return {
    type: 'sealed',
    about,
    kind: kind ?? null,
    refusal: error === undefined ? null : refusalOfNumber(error),
    secret: secret === undefined ? null : bytesToHex(secret),
    name: cleanLine(name, limits.labelMax),
    createdAt,
    id: bytesToHex(body.id),
    sig: bytesToHex(body.sig),
    content: text.text,
  };
}

function textAnswer({ length, head }: Input, pushed: Uint8Array): DeviceAnswer {
  const whole = head.length === length ? head : pushed;
  const text = whole.length === length ? decodeUtf8(whole) : null;
  return text === null ? badAnswer('The device answered with a broken text.') : { type: 'text', text };
}

type Input = { readonly length: number; readonly head: Uint8Array };

function badAnswer(words: string): DeviceAnswer {
  return { type: 'refused', refusal: refuse('bad_device_answer', words, 'Check the device and its firmware.') };
}

/**
 * Translation between what the host asks (device-port.ts) and the commands of the device protocol. Pure values both ways; the
 * bookkeeping of what is open is device-session.ts.
 */

import { hexToBytes } from '@noble/hashes/utils.js';
import { type AskingCommand, encodeCbor, encodeUtf8, limits, type Request } from '@sallyport/device-protocol';
import { wholeItems } from '../apps/client-metadata.ts';
import { type Refusal, refuse } from '../nip46/refusal.ts';
import { carry, carryToUser } from './device-carry.ts';
import { toWire } from './device-grants.ts';
import type { DeviceAnswer, DeviceAsk, OwnAsk } from './device-port.ts';

/** A request ready to be sent under any id, and the whole of its input for the device to pull from. */
export type Prepared = {
  readonly type: 'prepared';
  readonly input: Uint8Array;
  readonly toRequest: (id: number) => Request;
};

/** What this device is able to do. `knowsApps`: it judges the requests of apps itself, and this computer is paired with it. */
export type Abilities = { readonly knowsApps: boolean; readonly streamMax: number };

/** Whether a human may have to press something before anything happens. That an account answers apps itself is taken back unasked. */
export function needsHuman(ask: DeviceAsk): boolean {
  switch (ask.method) {
    case 'get_public_key':
    case 'client_revoke':
    case 'accounts':
    case 'grants':
    case 'grant_revoke':
    case 'lock':
    case 'log_head':
    case 'log_read':
      return false;
    case 'account_address':
      return ask.addressed;
    case 'client_request':
      return needsHuman(ask.own);
    default:
      return true;
  }
}

/** What comes by the hundred and nobody looks at one by one: encrypted lists and messages that an app opens. */
export function isBulk(ask: DeviceAsk): boolean {
  const { method } = ask.method === 'client_request' ? ask.own : ask;
  return method === 'nip44_decrypt' || method === 'nip04_decrypt';
}

/** Whether it may be sent again to a device that restarted: it asks nobody, and is not an event that the device takes once. */
export function isRepeatable(ask: DeviceAsk): boolean {
  return !needsHuman(ask) && ask.method !== 'client_request';
}

/** Prepares an ask, or answers it at once: with a refusal of what this device could not take, or because it is not the device's. */
export function prepare(ask: DeviceAsk, { knowsApps, streamMax }: Abilities): Prepared | DeviceAnswer {
  if (accountOf(ask) >= limits.accountsMax) return no(noSuchAccount);
  switch (ask.method) {
    case 'accounts':
      return bare((id) => ({ type: 'request', id, command: 'accounts', body: {} }));
    case 'client_revoke': {
      if (!knowsApps) return { type: 'done' };
      const body = { client: hexToBytes(ask.client), remoteSigner: hexToBytes(ask.remoteSigner) };
      return bare((id) => ({ type: 'request', id, command: 'client_revoke', body }));
    }
    case 'account_create': {
      const body = { name: fitLabel(ask.name) };
      return bare((id) => ({ type: 'request', id, command: 'account_create', body }));
    }
    case 'lock':
      return bare((id) => ({ type: 'request', id, command: 'lock', body: {} }));
    case 'log_head':
      return bare((id) => ({ type: 'request', id, command: 'log_head', body: { nonce: ask.nonce } }));
    case 'log_read':
      return bare((id) => ({ type: 'request', id, command: 'log_read', body: { from: ask.from } }));
    case 'grants':
    case 'grants_propose':
    case 'grant_revoke':
      return knowsApps ? prepareGrants(ask) : no(noGrants);
    case 'client_connect': {
      if (!knowsApps) return { type: 'paired', by: 'host' };
      const carried = carry(ask.carried);
      if ('code' in carried) return no(carried);
      const body = { ...carried.body, announced: ask.announced };
      const toRequest = (id: number): Request => ({ type: 'request', id, command: 'client_connect', body });
      return { type: 'prepared', input: carried.input, toRequest };
    }
    case 'user_request': {
      const { carried, answerAt } = ask;
      const secrets = ask.secrets.map((hash) => hexToBytes(hash));
      const parts = knowsApps ? carryToUser(carried, { answerAt, announced: false, secrets }) : noOwnKeys;
      if ('code' in parts) return no(parts);
      const { body, input } = parts;
      return { type: 'prepared', input, toRequest: (id) => ({ type: 'request', id, command: 'user_request', body }) };
    }
    case 'account_address': {
      const { account, addressed } = ask;
      return bare((id) => ({ type: 'request', id, command: 'account_address', body: { account, addressed } }));
    }
    case 'client_introduce': {
      if (!knowsApps) return { type: 'paired', by: 'host' };
      const { client, remoteSigner, account, name, announced, createdAt } = ask;
      const keys = { client: hexToBytes(client), remoteSigner: hexToBytes(remoteSigner) };
      // Permissions are words and commas; what is no ASCII is none.
      const perms = wholeItems(ask.perms.replace(/[^\x20-\x7e]/g, ''), limits.permsMax);
      const body = { ...keys, account, name: fitLabel(name), perms, announced, createdAt };
      return bare((id) => ({ type: 'request', id, command: 'client_introduce', body }));
    }
    case 'client_request': {
      if (!knowsApps) return prepareOwn(ask.own, streamMax);
      const carried = carry(ask.carried);
      if ('code' in carried) return no(carried);
      const { body, input } = carried;
      return { type: 'prepared', input, toRequest: (id) => ({ type: 'request', id, command: 'nip46_request', body }) };
    }
    default:
      return prepareOwn(ask, streamMax);
  }
}

/** An app of an older store, or of a backup, may have an account that no device can have. */
function accountOf(ask: DeviceAsk): number {
  if (ask.method === 'client_request') return Math.max(ask.carried.account, ask.own.account);
  if ('carried' in ask) return ask.carried.account;
  return 'account' in ask ? ask.account : 0;
}

function prepareGrants(ask: DeviceAsk & { readonly method: 'grants' | 'grants_propose' | 'grant_revoke' }): Prepared {
  const app = { client: hexToBytes(ask.client), remoteSigner: hexToBytes(ask.remoteSigner) };
  switch (ask.method) {
    case 'grants':
      return bare((id) => ({ type: 'request', id, command: 'grants', body: { ...app, from: ask.from } }));
    case 'grant_revoke':
      return bare((id) => ({ type: 'request', id, command: 'grant_revoke', body: { ...app, grant: ask.grant } }));
    case 'grants_propose': {
      const body = { ...app, grants: ask.grants.map(toWire) };
      return bare((id) => ({ type: 'request', id, command: 'grants_propose', body }));
    }
  }
}

function prepareOwn(ask: OwnAsk, streamMax: number): Prepared | DeviceAnswer {
  const { account } = ask;
  if (ask.method === 'get_public_key') {
    return bare((id) => ({ type: 'request', id, command: 'get_public_key', body: { account } }));
  }
  if (ask.method === 'sign_event') {
    const { created_at, kind, tags, content } = ask.event;
    // As the gate of the device counts: the list and its four fields, each tag and its values.
    const items = tags.reduce((sum, tag) => sum + 1 + tag.length, 5);
    if (items > limits.streamItemsMax) return tooLarge(`events of ${limits.streamItemsMax} tags and values`);
    const text = encodeCbor([created_at, kind, tags, content]);
    return streamed('sign_event', text, streamMax, (id, input) => ({
      type: 'request',
      id,
      command: 'sign_event',
      body: { account, label: fitLabel(ask.label), input },
    }));
  }
  const text = encodeUtf8(ask.text);
  if (text === null) return no(refuse('malformed', 'The text is not valid Unicode.', 'The app sent a broken text.'));
  const { method } = ask;
  const peer = hexToBytes(ask.peer);
  return streamed(method, text, streamMax, (id, input) => ({
    type: 'request',
    id,
    command: method,
    body: { account, label: fitLabel(ask.label), peer, input },
  }));
}

function bare(toRequest: (id: number) => Request): Prepared {
  return { type: 'prepared', input: new Uint8Array(0), toRequest };
}

function streamed(
  command: AskingCommand,
  input: Uint8Array,
  streamMax: number,
  toRequest: (id: number, head: Input) => Request,
): Prepared | DeviceAnswer {
  // A payload to decrypt may be larger than the text in it: what a device streams is not what it decrypts.
  const decrypts = command === 'nip04_decrypt' || command === 'nip44_decrypt';
  const max = decrypts ? limits.resultMax : Math.min(streamMax, limits.streamMax);
  if (input.length > max) return tooLarge(`${max} bytes`);
  const head = { length: input.length, head: input.slice(0, limits.headMax) };
  return { type: 'prepared', input, toRequest: (id) => toRequest(id, head) };
}

function tooLarge(most: string): DeviceAnswer {
  return no(refuse('too_large', `The device takes ${most} at most.`, 'Sign or encrypt something smaller.'));
}

type Input = { readonly length: number; readonly head: Uint8Array };

/** Cuts a label to the limit in bytes without splitting a character. */
export function fitLabel(label: string): string {
  let fitted = '';
  for (const character of label.toWellFormed()) {
    if ((encodeUtf8(fitted + character)?.length ?? 0) > limits.labelMax) break;
    fitted += character;
  }
  return fitted;
}

function no(refusal: Refusal): DeviceAnswer {
  return { type: 'refused', refusal };
}

const noSuchAccount = refuse(
  'unknown_account',
  `A device has accounts 0 to ${limits.accountsMax - 1}.`,
  'Pair the app again, with a line for an account that the device has.',
);

const noGrants = refuse(
  'device_refused',
  'This device keeps no grants, or this computer is not paired with it.',
  'Pair this computer with the device first.',
);

const noOwnKeys = refuse(
  'device_refused',
  'This device answers no apps at its own keys, or this computer is not paired with it.',
  'Pair this computer with the device first.',
);

/**
 * The permissions that an app asks for when it is paired (NIP-46, "requested permissions"), read into a closed list. They are wishes:
 * the human picks from them on the device.
 *
 * Read are today's form, `method[:params]` separated by commas; the same as a JSON array of texts; and the JSON array of objects with
 * `type` and `kind` that came from Android signers. What is not known is dropped, never fatal: a word of tomorrow must not keep an app
 * out. Kinds that are never signed are dropped too; NIP-46's own example asks for kind 14.
 */
import { limits, neverSigned } from '@sallyport/device-protocol';
import { type GrantSubject, type KeyMethod, keyMethods, sameSubject } from './grant.ts';

/** What was asked for. The peers are never named by an app, so `peer` is null: every peer but the account itself. */
export type Wishes = {
  readonly wanted: readonly GrantSubject[];
  /** `sign_event` without a kind: there is no grant for that, but the human is told. */
  readonly everyKind: boolean;
  /** Wishes that nothing came of: unknown, never signed, too many. */
  readonly dropped: number;
};

/**
 * Texts beyond this are not read to their end. As many grants as an app can have take 543 characters, and 1,121 as a JSON array of objects;
 * a computer that speaks for an app has a message with room for `permsMax` of them.
 */
export const permsReadMax = 2_048;

/** Methods that a paired app may call anyway: to wish for them is no mistake. */
const needless: readonly string[] = ['connect', 'ping', 'get_public_key', 'logout', 'get_relays', 'switch_relays', ''];

/** Reads a text of requested permissions; total. */
export function readPerms(text: string): Wishes {
  const wanted: GrantSubject[] = [];
  let everyKind = false;
  let dropped = text.length > permsReadMax ? 1 : 0;
  for (const { method, param } of itemsOf(wholeItems(text, permsReadMax))) {
    if (method === 'sign_event' && param === null) everyKind = true;
    else if (needless.includes(method)) continue;
    else {
      const wish = wishOf(method, param);
      if (wish === null || (wanted.length >= limits.grantsMax && !wanted.some((one) => sameSubject(one, wish)))) {
        dropped += 1;
      } else if (!wanted.some((one) => sameSubject(one, wish))) wanted.push(wish);
    }
  }
  return { wanted, everyKind, dropped };
}

/** Cut at a comma: what is left of half a wish may be another one. */
function wholeItems(text: string, max: number): string {
  return text.length <= max ? text : text.slice(0, Math.max(0, text.lastIndexOf(',', max)));
}

type Item = { readonly method: string; readonly param: string | null };

function itemsOf(text: string): readonly Item[] {
  const json = text.trimStart().startsWith('[') ? jsonOf(text) : null;
  if (Array.isArray(json)) return json.map(itemOfJson);
  return text.split(',').map(itemOf);
}

/** `method` or `method:param`; a second colon belongs to the parameter. */
function itemOf(text: string): Item {
  const trimmed = text.trim();
  const colon = trimmed.indexOf(':');
  if (colon < 0) return { method: trimmed, param: null };
  return { method: trimmed.slice(0, colon).trimEnd(), param: trimmed.slice(colon + 1).trim() };
}

function itemOfJson(item: unknown): Item {
  if (typeof item === 'string') return itemOf(item);
  if (typeof item !== 'object' || item === null || !('type' in item) || typeof item.type !== 'string')
    return unknownItem;
  const kind = 'kind' in item ? item.kind : null;
  if (kind === null) return { method: item.type, param: null };
  return typeof kind === 'number' ? { method: item.type, param: String(kind) } : unknownItem;
}

const unknownItem: Item = { method: '?', param: null };

/** A parameter that this device does not know may be a restriction: such a wish is dropped, not widened. */
function wishOf(name: string, param: string | null): GrantSubject | null {
  const method: KeyMethod | undefined = keyMethods.find((one) => one === name);
  if (method === undefined) return null;
  if (method !== 'sign_event') return param === null ? { method, kind: null, peer: null } : null;
  const kind = /^(0|[1-9][0-9]{0,4})$/.test(param ?? '') ? Number(param) : null;
  if (kind === null || kind > 0xffff || neverSigned.includes(kind)) return null;
  return { method, kind, peer: null };
}

/** The value of a JSON text; null for what is none. Nothing of it is trusted: itemOfJson takes what it knows. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

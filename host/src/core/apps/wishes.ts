/**
 * Permissions as NIP-46 writes them (`sign_event:1,nip44_decrypt`), as grants that may be proposed to a device. The user wrote them on
 * a line of theirs, or on the command line; the device asks about each. What it could not give is left out, as the device does with
 * what apps wish for.
 */
import { limits, neverSigned } from '@sallyport/device-protocol';
import type { GrantMethod, ProposedGrant } from '../device/device-port.ts';
import { askedMethods } from '../narrowing/narrowing.ts';

export const grantMethods: readonly GrantMethod[] = [
  'sign_event',
  'nip44_encrypt',
  'nip44_decrypt',
  'nip04_encrypt',
  'nip04_decrypt',
];

/** The first of the grants that a list of permissions comes to: as many as one message proposes. */
export function wishesOf(perms: string): readonly ProposedGrant[] {
  return allWishesOf(perms).slice(0, limits.listMax);
}

/** All the grants that a list of permissions comes to, each once. */
export function allWishesOf(perms: string): readonly ProposedGrant[] {
  const texts = new Set(perms.split(',').map((text) => text.trim()));
  return [...texts].map(grantOf).filter((grant) => grant !== null);
}

/** The first of a list that no app could ask for; null when all is well. A permission that is misspelt is missed later, in the app. */
export function strangePermission(perms: string): string | null {
  const texts = perms.split(',').map((text) => text.trim());
  return texts.find((text) => text !== '' && !isPermission(text)) ?? null;
}

function isPermission(text: string): boolean {
  const [name, kind, ...more] = text.split(':');
  if (more.length > 0 || !askedMethods.some((method) => method === name)) return false;
  return kind === undefined || (name === 'sign_event' && /^(0|[1-9]\d{0,4})$/.test(kind) && Number(kind) <= 0xffff);
}

function grantOf(text: string): ProposedGrant | null {
  const [name, param, ...more] = text.split(':');
  const method = grantMethods.find((one) => one === name);
  if (method === undefined || more.length > 0) return null;
  const unlimited = { verdict: 'allow', peer: null, uses: null, perMinute: null, session: false, ms: null } as const;
  if (method !== 'sign_event') return param === undefined ? { ...unlimited, method, kind: null } : null;
  // There is no grant to sign whatever an app likes.
  const kind = /^(0|[1-9]\d{0,4})$/.test(param ?? '') ? Number(param) : null;
  if (kind === null || kind > 0xffff || neverSigned.includes(kind)) return null;
  return { ...unlimited, method, kind };
}

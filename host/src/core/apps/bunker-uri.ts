/**
 * The `bunker://` line that a person pastes into an app (NIP-46, "initiated by remote-signer"). It is written in the narrowest
 * form, because nostr-tools' expression rejects most of what RFC 3986 allows: a lowercase hex key, percent-encoded relays, and
 * a secret of letters and digits only.
 */
import { isHex32 } from '../nip46/event.ts';

/** What goes into the line. */
export type BunkerLine = { readonly pubkey: string; readonly relays: readonly string[]; readonly secret: string };

/** True for what can be the secret of a line that this signer gave out. */
export function isBunkerSecret(secret: string): boolean {
  return /^[0-9A-Za-z]{1,128}$/.test(secret);
}

/** Writes the line. A value that no client would read is a bug of the caller, and throws. */
export function formatBunkerUri(line: BunkerLine): string {
  if (!isHex32(line.pubkey)) throw new Error('a bunker line needs the remote-signer key in lowercase hex');
  if (line.relays.length === 0) throw new Error('a bunker line needs a relay');
  if (!isBunkerSecret(line.secret)) {
    throw new Error('the secret of a bunker line has 1 to 128 letters and digits');
  }
  const relays = line.relays.map((relay) => `relay=${percentEncode(relay)}`);
  return `bunker://${line.pubkey}?${relays.join('&')}&secret=${line.secret}`;
}

/**
 * The same as texts of 2023 have it: `npub1…#secret?relay=…`, for apps that read nothing newer. The key in it is the remote-signer's;
 * such an app learns the user's by `get_public_key`.
 */
export function formatOldToken({ relays, secret }: BunkerLine, npub: string): string {
  return `${npub}#${secret}?${relays.map((relay) => `relay=${percentEncode(relay)}`).join('&')}`;
}

/** `encodeURIComponent` leaves `!'()*~` alone, and these make nostr-tools reject the whole line. */
function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*~]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

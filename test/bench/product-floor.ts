/**
 * The least that a host can do for a request: verify its event, decrypt it, encrypt the answer, sign its event, of the same sizes and by
 * the same primitives. Everything above that is the host's own: the link to the device, its store, its order.
 */
import { createHash } from 'node:crypto';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { nip46Kind, remoteSigner } from '../../host/src/core/nip46/envelope.ts';
import { primitives } from '../../host/src/primitives/primitives.ts';

/** Processor time of one such round in ms, when it is all that a process does; `checked`: with the check of what the device signed. */
export type HostFloor = { readonly ms: number; readonly checked: number };

/** Measures that for texts of these sizes. */
export function hostFloor(request: string, answer: string): HostFloor {
  const [host, app] = [generateSecretKey(), generateSecretKey()];
  const client = Buffer.from(getPublicKey(app), 'hex');
  const shared = primitives.conversation(host, client)?.nip44;
  if (shared === undefined) throw new Error('a key that is none');
  const random = new Uint8Array(64).fill(9);
  const createdAt = 1_700_000_000;
  const sealing = { text: request, client: getPublicKey(host), encryption: 'nip44', createdAt, random } as const;
  const event = remoteSigner(app, primitives).seal(sealing);
  const [sig, nonce] = [Buffer.from(event.sig, 'hex'), random.subarray(0, 32)];
  const head = `[0,"${event.pubkey}",${createdAt},${nip46Kind},[["p","${getPublicKey(host)}"]],"`;

  const run = (isChecked: boolean): void => {
    const id = createHash('sha256').update(`${head}${event.content}"]`).digest();
    if (!primitives.verify(sig, id, client)) throw new Error('a genuine request was refused');
    if (primitives.decryptNip44(event.content, shared) !== request) throw new Error('a request does not open');
    // The host believes no device: it builds the event anew, and its id and signature have to hold.
    if (isChecked && !primitives.verify(sig, createHash('sha256').update(`${head}${event.content}"]`).digest(), client))
      throw new Error('a genuine signature was refused');
    const content = primitives.encryptNip44(answer, shared, nonce);
    primitives.sign(createHash('sha256').update(`${head}${content}"]`).digest(), host, nonce);
  };
  const rounds = request.length > 10_000 ? 10 : 100;
  const timed = (isChecked: boolean): number => {
    for (let i = 0; i < rounds; i++) run(isChecked);
    const before = process.cpuUsage();
    for (let i = 0; i < rounds; i++) run(isChecked);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / rounds;
  };
  return { ms: timed(false), checked: timed(true) };
}

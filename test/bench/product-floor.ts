/**
 * The least that a host can do for a request: verify its event, decrypt it, encrypt the answer, sign its event, of the same sizes and by
 * the same primitives. Everything above that is the host's own: the link to the device, its store, its order.
 */
import { createHash } from 'node:crypto';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { nip46Kind, remoteSigner } from '../../host/src/core/nip46/envelope.ts';
import { primitives } from '../../host/src/primitives/primitives.ts';

/** Processor time of one such round in ms, when it is all that a process does. */
export function hostFloorMs(request: string, answer: string): number {
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

  const run = (): void => {
    const id = createHash('sha256').update(`${head}${event.content}"]`).digest();
    if (!primitives.verify(sig, id, client)) throw new Error('a genuine request was refused');
    if (primitives.decryptNip44(event.content, shared) !== request) throw new Error('a request does not open');
    const content = primitives.encryptNip44(answer, shared, nonce);
    primitives.sign(createHash('sha256').update(`${head}${content}"]`).digest(), host, nonce);
  };
  const rounds = request.length > 10_000 ? 10 : 100;
  for (let i = 0; i < rounds; i++) run();
  const before = process.cpuUsage();
  for (let i = 0; i < rounds; i++) run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / rounds;
}

/** What the host does for one request besides asking the device: verify, decrypt, encrypt, sign. */
import * as nip44 from 'nostr-tools/nip44';
import { finalizeEvent, generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { nip46Kind, remoteSigner } from '../../host/src/core/nip46/envelope.ts';
import { isGenuine } from '../../host/src/core/nip46/event.ts';
import { primitives } from '../../host/src/primitives/primitives.ts';
import { signed } from '../support/signed-event.ts';
import { type Effort, inTurns } from './measure.ts';
import { ratioTable } from './table.ts';

export function benchEnvelopes({ quick }: Effort): string {
  const app = generateSecretKey();
  const client = getPublicKey(app);
  const secret = generateSecretKey();
  const signer = remoteSigner(secret, primitives);
  const conversation = nip44.v2.utils.getConversationKey(app, signer.pubkey);
  const template = JSON.stringify({ kind: 1, content: 'x'.repeat(200), tags: [], created_at: 1_700_000_000 });
  const request = JSON.stringify({ id: 'a', method: 'sign_event', params: [template] });
  const event = signed({ content: nip44.v2.encrypt(request, conversation), tags: [['p', signer.pubkey]] }, app);
  const text = JSON.stringify({ id: 'a', result: 'y'.repeat(500) });
  const nonce = new Uint8Array(32).fill(9);
  const createdAt = 1_700_000_000;
  const answer = { kind: nip46Kind, created_at: createdAt, tags: [['p', client]], content: 'z'.repeat(900) };

  const verify = (): void => must(isGenuine(event, primitives));
  const open = (): void => must(signer.open(event).type === 'opened');
  const seal = () => signer.seal({ text, client, encryption: 'nip44', createdAt, random: new Uint8Array(64).fill(9) });
  const sign = () => finalizeEvent({ ...answer, tags: [['p', client]] }, secret);
  const rows = inTurns(quick ? 3 : 150, [
    {
      what: 'open + seal',
      amount: 1,
      run: () => {
        verify();
        open();
        seal();
      },
    },
    { what: 'verify the event (isGenuine)', amount: 1, run: verify },
    { what: 'decrypt (NIP-44)', amount: 1, run: open },
    { what: 'encrypt (NIP-44)', amount: 1, run: () => nip44.v2.encrypt(text, conversation, nonce) },
    { what: 'id and signature of the answer', amount: 1, run: sign },
    {
      what: 'key agreement (once per app)',
      amount: 1,
      run: () => nip44.v2.utils.getConversationKey(secret, client),
    },
  ]);
  return ratioTable('One request of 300 bytes, opened and sealed (ratio: share of the whole)', 'op', rows);
}

function must(holds: boolean): void {
  if (!holds) throw new Error('a genuine request was refused');
}

/**
 * Computers that the suite plays: one that the human pairs when the first rule needs it, and others that nobody pairs. Their static keys
 * are new in each run; the paired one takes itself out of the device's list at the end.
 */
import { type ErrorMessage, keepsCommitment, type NoiseEnd, pairingCode, type Reply } from '@sallyport/device-protocol';
import { generateSecretKey } from 'nostr-tools/pure';
import { must } from './bench.ts';
import { nodeDh } from './dh.ts';
import { nameOf, type Talk } from './talk.ts';

export type Computer = {
  /** Makes the channel of the running link session stand. */
  readonly establish: (talk: Talk) => Promise<Established>;
  readonly key: Uint8Array;
};

/** `end.peer` is the static key of the device. */
export type Established = { readonly paired: boolean; readonly end: NoiseEnd };

/** What the human has to confirm a pairing. */
const compareMs = 65_000;

export function newComputer(): Computer {
  const secret = generateSecretKey();
  return {
    key: nodeDh.publicKey(secret),
    establish: async (talk) => {
      const message = talk.sealing.first(secret, generateSecretKey());
      const second = await talk.ask('handshake', { message });
      must(second.type === 'reply' && second.command === 'handshake', `handshake: ${nameOf(second)}`);
      const last = talk.sealing.last(second.body.message);
      must(last !== null, 'the second handshake message does not verify');
      // What the device says from here on is sealed, and so is what is asked after this.
      const id = talk.start('handshake_finish', { message: last.message });
      talk.sealing.start(last.end);
      const answer = await talk.answerTo(id, 'handshake_finish');
      must(answer.type === 'reply' && answer.command === 'handshake_finish', `handshake_finish: ${nameOf(answer)}`);
      return { paired: answer.body.paired, end: last.end };
    },
  };
}

/** Pairs the computer whose channel stands: the digits are compared by the human. Gives the answer to `pair_confirm`. */
export async function pair(
  talk: Talk,
  { end }: Established,
  yes = true,
): Promise<{ readonly answer: Reply | ErrorMessage; readonly code: string }> {
  const begun = await talk.ask('pair', { name: 'conformance' });
  must(begun.type === 'reply' && begun.command === 'pair', `pair: ${nameOf(begun)}`);
  const random = generateSecretKey();
  const revealed = await talk.ask('pair_reveal', { random });
  must(revealed.type === 'reply' && revealed.command === 'pair_reveal', `pair_reveal: ${nameOf(revealed)}`);
  const kept = keepsCommitment(begun.body.commitment, end.hash, revealed.body.random);
  must(kept, 'the device revealed another random than it had committed to');
  const code = pairingCode(end.hash, revealed.body.random, random);
  const id = talk.start('pair_confirm', { yes });
  if (yes) await talk.bench.compare(code);
  return { answer: await talk.answerTo(id, 'pair_confirm', compareMs), code };
}

/** Grants on their way to and from the device: our words for them, and the protocol's. */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import type { ReplyOf, RequestOf } from '@sallyport/device-protocol';
import type { DeviceGrant, ProposedGrant } from './device-port.ts';

type OnWire = RequestOf<'grants_propose'>['grants'][number];

/** A proposal as the device reads it; it numbers its grants itself. */
export function toWire({ verdict, method, kind, peer, uses, perMinute, session, ms }: ProposedGrant): OnWire {
  return {
    id: 0,
    verdict,
    method,
    ...(kind === null ? {} : { kind }),
    ...(peer === null ? {} : { peer: hexToBytes(peer) }),
    ...(uses === null ? {} : { uses }),
    ...(perMinute === null ? {} : { perMinute }),
    ...(session ? { session: 'yes' as const } : {}),
    ...(ms === null ? {} : { ms }),
  };
}

export function fromWire(grant: ReplyOf<'grants'>['grants'][number]): DeviceGrant {
  const { id, verdict, method, kind, peer, uses, perMinute, session, ms } = grant;
  return {
    id,
    verdict,
    method,
    kind: kind ?? null,
    peer: peer === undefined ? null : bytesToHex(peer),
    uses: uses ?? null,
    perMinute: perMinute ?? null,
    session: session === 'yes',
    ms: ms ?? null,
  };
}

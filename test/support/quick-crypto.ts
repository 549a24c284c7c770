/** A board with both curves in native code, for all tests that make handshakes and are about something else. */
import { acceleratedCrypto } from '../../firmware-sim/src/accelerated-crypto.ts';
import type { Crypto } from '../../firmware-sim/src/firmware/env.ts';
import { nodeDh } from '../conformance/dh.ts';

export const quickCrypto: Crypto = { ...acceleratedCrypto, x25519: nodeDh };

/**
 * channel.json: one handshake with fixed keys, the first sealed messages after it, and a pairing over it. Its Noise part is held
 * to the public vectors of cacophony by a test; this file is what a firmware is written against.
 */
import {
  complete,
  encodeMessage,
  finish,
  hello,
  helloRequest,
  initiate,
  type Message,
  pairingCode,
  pairingCommitment,
  prologueOf,
  respond,
  seal,
  startChannel,
  x25519,
} from '@sallyport/device-protocol';
import { pattern } from '../support/pattern.ts';
import { hexOf } from './diagnostic.ts';
import { helloRequestSample, helloSample } from './samples.ts';

/** Secrets that nobody could take for real ones. */
const secretOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

export function channelVectors() {
  const [request, answer] = [helloRequest.encode(helloRequestSample), hello.encode(helloSample)];
  const prologue = prologueOf(request, answer);
  const secrets = { host: secretOf(1), device: secretOf(2), hostEphemeral: secretOf(3), deviceEphemeral: secretOf(4) };
  const common = { dh: x25519, prologue };
  const host = { ...common, staticSecret: secrets.host, ephemeralSecret: secrets.hostEphemeral };
  const device = { ...common, staticSecret: secrets.device, ephemeralSecret: secrets.deviceEphemeral };
  const [first, one] = initiate(host);
  const second = must(respond(device, one));
  const third = must(finish(first, second.message));
  const { end } = must(complete(second.handshake, third.message));
  const randoms = { device: pattern(32), host: pattern(32).map((byte) => byte ^ 0xff) };
  return {
    about:
      'Noise_XX_25519_ChaChaPoly_SHA256, empty payloads; the host is the initiator. All values in lowercase hex. Each sealed ' +
      'message has its number as the nonce and no associated data.',
    hello_request: hexOf(request),
    hello: hexOf(answer),
    prologue: hexOf(prologue),
    secrets: Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, hexOf(secret)])),
    public: { host: hexOf(x25519.publicKey(secrets.host)), device: hexOf(x25519.publicKey(secrets.device)) },
    handshake: { e: hexOf(one), e_ee_s_es: hexOf(second.message), s_se: hexOf(third.message) },
    hash: hexOf(end.hash),
    keys: { host_to_device: hexOf(end.receiveKey), device_to_host: hexOf(end.sendKey) },
    sealed: [
      ...sealedBy('device', startChannel(end), [
        { type: 'reply', id: 4, command: 'handshake_finish', body: { paired: false } },
        { type: 'notice', notice: 'state', body: { state: 'ready' } },
      ]),
      ...sealedBy('host', startChannel(third.end), [
        { type: 'request', id: 6, command: 'info', body: {} },
        { type: 'request', id: 8, command: 'pair', body: { name: 'a desk' } },
      ]),
    ],
    pairing: {
      device_random: hexOf(randoms.device),
      commitment: hexOf(pairingCommitment(end.hash, randoms.device)),
      host_random: hexOf(randoms.host),
      code: pairingCode(end.hash, randoms.device, randoms.host),
    },
  };
}

function sealedBy(from: 'host' | 'device', start: ReturnType<typeof startChannel>, messages: readonly Message[]) {
  let channel = start;
  return messages.map((message, number) => {
    const bytes = encodeMessage(message);
    const [next, sealed] = must(seal(channel, bytes));
    channel = next;
    return { from, number, message: hexOf(bytes), sealed: hexOf(sealed) };
  });
}

function must<T>(value: T | null): T {
  if (value === null) throw new Error('the handshake of the vectors failed');
  return value;
}

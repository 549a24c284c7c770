/** Apps that introduce themselves by a nostrconnect line: the device is asked about each, and the bridge told what it said. */
import { introducedLine, introductionAsk, whyNotIntroduced } from './core/apps/introducing.ts';
import type { Introduction } from './core/apps/nostrconnect-uri.ts';
import type { BridgeInput, BridgeState } from './core/bridge/bridge.ts';
import type { DeviceAnswer, DeviceAsk } from './core/device/device-port.ts';
import { type Refusal, refuse } from './core/nip46/refusal.ts';

/** `introducing` holds the relays of those that are just being asked about; `join` connects to them, and says where we are now. */
type Parts = {
  readonly bridge: () => BridgeState;
  readonly toBridge: (input: BridgeInput) => void;
  readonly askDevice: (ask: DeviceAsk, until: AbortSignal) => Promise<DeviceAnswer>;
  readonly now: () => number;
  readonly introducing: Map<string, readonly string[]>;
  readonly join: () => readonly string[];
  /** Apps get a remote-signer key of their own where nothing else is said. */
  readonly keyPerApp: boolean;
};

export function introducer({ bridge, toBridge, askDevice, now, introducing, join, keyPerApp }: Parts) {
  const keyOf = (line: string): string => bridge().signer.at(line).pubkey;

  /** An app whose line the user gave to us. */
  async function introduce(
    introduction: Introduction,
    account: number,
    until: AbortSignal,
    ownKey = keyPerApp,
  ): Promise<Refusal | null> {
    const { client } = introduction;
    const line = introducedLine(bridge(), introduction, ownKey);
    const why = introducing.has(client) ? beingAsked : whyNotIntroduced(bridge(), introduction, line, now());
    if (why !== null) return why;
    introducing.set(client, introduction.relays);
    // Connected while the human looks: the answer is awaited there, and a line lives for a minute or two.
    const joined = new Set(join());
    const said: DeviceAnswer = introduction.relays.some((url) => joined.has(url))
      ? await askDevice(introductionAsk(introduction, keyOf(line), account, true, now()), until)
      : { type: 'refused', refusal: noRoomForRelays };
    const late = whyNotIntroduced(bridge(), introduction, line, now());
    if (said.type === 'paired') {
      toBridge({ type: 'introduced', introduction, account, line, onDevice: said.by === 'device' });
    }
    introducing.delete(client);
    join();
    return said.type === 'refused' ? said.refusal : late;
  }

  /** One whose line came from a page, where anybody can bring one: its relays are spoken to when the device's human said yes. */
  async function introduceStranger(introduction: Introduction, account: number): Promise<Refusal | null> {
    const line = introducedLine(bridge(), introduction, keyPerApp);
    const why = whyNotIntroduced(bridge(), introduction, line, now());
    if (why !== null) return why;
    const ask = introductionAsk(introduction, keyOf(line), account, false, now());
    const said = await askDevice(ask, new AbortController().signal);
    if (said.type === 'refused') return said.refusal;
    // A device that leaves apps to the host has asked nobody.
    if (said.type !== 'paired' || said.by === 'host') return noYes;
    const late = whyNotIntroduced(bridge(), introduction, line, now());
    toBridge({ type: 'introduced', introduction, account, line, onDevice: true });
    return late;
  }

  return { introduce, introduceStranger };
}

const beingAsked = refuse('busy', 'The device is being asked about this app already.', 'Look at the device.');

const noYes = refuse('wrong_state', 'The device asked nobody.', 'Pair this computer with the device.');

const noRoomForRelays = refuse(
  'busy',
  'This signer uses as many relays as it can, and the app is on none of them.',
  'Remove an app that is not used, or choose a relay of this signer in the app.',
);

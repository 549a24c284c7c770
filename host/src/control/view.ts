/** What the control API needs of the running host: what it can see, and the few things that it can have done. */
import type { Introduction } from '../core/apps/nostrconnect-uri.ts';
import type { RelayChange } from '../core/apps/own-relays.ts';
import type { BridgeState } from '../core/bridge/bridge.ts';
import type { DeviceAnswer, DeviceAsk } from '../core/device/device-port.ts';
import type { DeviceStatus, PairingNews } from '../core/device/device-session.ts';
import type { NarrowChange, Narrowing } from '../core/narrowing/narrowing.ts';
import type { Refusal } from '../core/nip46/refusal.ts';
import type { RelaySnapshot } from '../core/relay/relay.ts';
import type { NameChange } from '../core/web/naming.ts';
import type { Announced } from '../host.ts';
import type { Report } from '../report.ts';
import type { ActivityLog } from '../store/activity-log.ts';
import type { Store } from '../store/store.ts';

export type HostView = {
  readonly version: string;
  /** When this host started; ms Unix time, as all times here. */
  readonly startedAt: number;
  readonly now: () => number;
  readonly bridge: () => BridgeState;
  readonly relays: () => readonly RelaySnapshot[];
  /** Changes the relays of everybody, on disk first; or says why not. */
  readonly changeRelays: (change: RelayChange) => Refusal | null;
  readonly device: () => {
    readonly status: DeviceStatus;
    readonly port: string | null;
    /** Where a simulated device can be seen and pressed, by an address that works once. */
    readonly simulatorPage: string | null;
  };
  /** The key by which the device is known, hex; null before the first pairing. */
  readonly pin: () => string | null;
  /** What is kept beside what the user set. */
  readonly store: Pick<Store, 'setting' | 'saveSetting'>;
  /** The key of this computer in the channel, hex. */
  readonly computer: string;
  readonly activity: Pick<ActivityLog, 'search' | 'row' | 'all' | 'usedAt'>;
  /** Performs a change of what is let through, on disk first; null when it cannot be. */
  readonly narrow: (change: NarrowChange) => Narrowing | null;
  /** Tells the world of this signer, on its own relays and these; or says why not. Aborting waits for no relay any more. */
  readonly announce: (name: string, relays: readonly string[], until: AbortSignal) => Promise<Announced | Refusal>;
  /** Changes who has a name at the web address, on disk first; or says why not. */
  readonly name: (change: NameChange) => Refusal | null;
  /** Refuses an open request, by its number. */
  readonly reject: (job: number) => void;
  /** The last that was heard of a pairing with the device that is there; null: none was begun. */
  readonly pairing: () => PairingNews | null;
  readonly pair: () => void;
  /** What the human at the computer said to the digits. */
  readonly answerPairing: (same: boolean) => void;
  /** Ends the session of an app. */
  readonly revoke: (client: string) => void;
  /** Makes a bunker line, or says why not; its secret is known to nobody after this. */
  readonly newLine: (
    wanted: NewLine,
  ) => { readonly uri: string; readonly oldToken: string; readonly hash: string } | Refusal;
  /** Pairs the app of a nostrconnect line, or says why not; aborting gives it up. */
  readonly introduce: (
    introduction: Introduction,
    account: number,
    until: AbortSignal,
    ownKey?: boolean,
  ) => Promise<Refusal | null>;
  /** Asks the device on the user's own behalf; aborting gives it up. */
  readonly askDevice: (ask: DeviceAsk, until: AbortSignal) => Promise<DeviceAnswer>;
  /** Makes an unused line void. */
  readonly dropLine: (hash: string) => void;
  readonly dashboard: () => 'open' | 'unbuilt' | 'off';
  /** An address that lets one page of the dashboard in; null: there is none. */
  readonly newDashboardAddress: () => string | null;
  /** A backup of the state directory, as it is now. */
  readonly backup: (passphrase: string) => Promise<Uint8Array>;
  readonly metrics: () => string;
  /** A request of the API met a fault of ours. */
  readonly fault: (problem: unknown) => void;
  /** Tells every report from now on, and null for a change by the control API; returns how to end that. */
  readonly watch: (listener: (report: Report | null) => void) => () => void;
  /** Somebody changed something by the control API. */
  readonly changed: () => void;
};

/** What a bunker line is made for. */
export type NewLine = {
  readonly name: string;
  readonly account: number;
  readonly perms: string;
  readonly expiresAt: number;
  readonly ownKey?: boolean;
  /** It names the key of the account itself. */
  readonly userKey?: boolean;
};

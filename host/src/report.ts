/**
 * What the host says while it runs: values for programs, sentences for people. Nothing here carries a plaintext, a key or a
 * one-time secret, except the bunker line itself, which is what it is for.
 */
import type { ReplyOf } from '@sallyport/device-protocol';
import { renderUnicodeCompact } from 'uqr';
import type { Comparison } from './core/apps/replaced.ts';
import type { NoteEffect } from './core/bridge/bridge.ts';
import type { DeviceStatus, PairingNews } from './core/device/device-session.ts';
import { refusalText } from './core/nip46/refusal.ts';
import type { RelayStatus } from './core/relay/relay.ts';

export type Report =
  /** `demo`: what the simulated device that was started along has for a key; null with a device of its own. */
  | {
      readonly type: 'bunker';
      readonly uri: string;
      readonly relays: readonly string[];
      readonly demo: 'throwaway' | 'fresh' | null;
      /** Where the state is, and the commands that ask this host how it is, and open an app to try it with. */
      readonly state: string;
      readonly commands: { readonly status: string; readonly demoApp: string };
      /** An address that opens the dashboard once; null: it is not told here. */
      readonly dashboard: string | null;
    }
  | { readonly type: 'relay'; readonly url: string; readonly status: RelayStatus }
  | { readonly type: 'device'; readonly status: DeviceStatus }
  /** Why no port is open, or why it closed, in the words of the wire. */
  | { readonly type: 'port'; readonly words: string }
  /** A key that the device has, one `of` so many. */
  | {
      readonly type: 'account';
      readonly account: number;
      readonly name: string;
      readonly pubkey: string;
      readonly of: number;
    }
  /** Another device than before: what it has of the accounts of that one. */
  | { readonly type: 'replaced'; readonly comparison: Comparison }
  | { readonly type: 'request'; readonly note: NoteEffect }
  | { readonly type: 'pairing'; readonly news: PairingNews }
  /** The pages are served, and others know them under this origin. */
  | { readonly type: 'web'; readonly url: string }
  /** Where the simulated device can be seen and clicked, by an address that works once. */
  | { readonly type: 'simulator'; readonly page: string }
  | { readonly type: 'warning'; readonly words: string };

export type Reporter = (report: Report) => void;

/** The object that one line of `--json` holds; its one key names what it is about. */
export function jsonOf(report: Report): Record<string, unknown> {
  switch (report.type) {
    case 'bunker':
      return { bunker: report.uri, relays: report.relays, demo: report.demo !== null, state: report.state };
    case 'relay':
      return { relay: { url: report.url, ...report.status, type: undefined, state: report.status.type } };
    case 'device':
      return { device: report.status };
    case 'port':
      return { port: report.words };
    case 'account':
      return { account: report.pubkey, number: report.account, name: report.name };
    case 'replaced':
      return { replaced: report.comparison };
    case 'request': {
      const { client, method, kind, outcome } = report.note;
      return { request: { client: client.slice(0, 8), method, ...(kind === null ? {} : { kind }), outcome } };
    }
    case 'pairing': {
      const { news } = report;
      return { pairing: news.state === 'failed' ? { state: 'failed', reason: refusalText(news.refusal) } : news };
    }
    case 'web':
      return { web: report.url };
    case 'simulator':
      return { simulator: { page: report.page } };
    case 'warning':
      return { warning: report.words };
  }
}

/** The same for people; null for what they need not read. */
export function sentenceOf(report: Report): string | null {
  switch (report.type) {
    case 'bunker':
      return bunkerText(report);
    case 'relay':
      return relaySentence(report.url, report.status);
    case 'device':
      return deviceSentence(report.status);
    case 'port':
      return `⚠ ${report.words}`;
    case 'account':
      return accountSentence(report);
    case 'replaced':
      return replacedSentence(report.comparison);
    case 'request': {
      const { client, method, kind, outcome } = report.note;
      return `· ${client.slice(0, 8)} ${method}${kind === null ? '' : ` kind ${kind}`}: ${outcome.replaceAll('_', ' ')}`;
    }
    case 'pairing':
      return pairingSentence(report.news);
    case 'web':
      return `● pages at ${report.url}`;
    case 'simulator':
      return `● the device can be seen at ${report.page}`;
    case 'warning':
      return `⚠ ${report.words}`;
  }
}

const demoWords = {
  throwaway: 'DEMO: the simulated device below has a throwaway key. Trust it with nothing.\n\n',
  fresh: 'The simulated device below is new: set it up by its keys. It is no place for a key that matters.\n\n',
} as const;

function bunkerText({ uri, relays, demo, commands, dashboard }: Report & { type: 'bunker' }): string {
  const code = renderUnicodeCompact(uri, { ecc: 'L', border: 2 });
  const page = dashboard === null ? '' : `The dashboard, by a link that works once:\n\n${dashboard}\n\n`;
  const words = demo === null ? '' : demoWords[demo];
  const app = demo === null ? '' : `An app to try it with: ${commands.demoApp}\n`;
  const isHereOnly = relays.every((url) => /^wss?:\/\/(127\.[\d.]+|localhost|\[::1\])(:|\/|$)/.test(url));
  const [where, way] = isHereOnly
    ? [' on this computer', '(Its relay is on this computer only. For apps elsewhere: --relay wss://…)\n\n']
    : ['', ''];
  return `\n${code}\n${words}Paste this line into a Nostr app${where}, or scan the code:\n\n${uri}\n\n${way}${page}In another terminal: ${commands.status}\n${app}`;
}

function relaySentence(url: string, status: RelayStatus): string | null {
  switch (status.type) {
    case 'listening':
      return `● listening on ${url}`;
    case 'refused':
    case 'auth_required':
    case 'failed':
    case 'deaf':
      return `⚠ ${url}: ${status.reason.replace(/\.$/, '')}; trying again`;
    default:
      return null;
  }
}

function accountSentence({ account, name, pubkey, of }: Report & { type: 'account' }): string {
  return of === 1 ? `● signing as ${pubkey}` : `● account ${account}${name === '' ? '' : `, ${name}`}: ${pubkey}`;
}

function replacedSentence({ kept, missing, added }: Comparison): string {
  const again = 'Pair the apps again: each by its old line or a new one, and a press on the device.';
  if (missing.length === 0) {
    const more = added.length === 0 ? '' : `, and ${added.length} more`;
    return `● this device has the accounts of the one before (${kept.length})${more}. ${again}`;
  }
  const keys = missing.map(({ name, pubkey }) => (name === '' ? pubkey : `${pubkey} (${name})`)).join(', ');
  const words = `⚠ this device has not all accounts of the one before. It lacks ${keys}.`;
  return `${words} Restore the same words, or log in anew with the apps of these. ${kept.length > 0 ? again : ''}`.trim();
}

function pairingSentence(news: PairingNews): string {
  if (news.state === 'code') {
    const spaced = `${news.code.slice(0, 3)} ${news.code.slice(3)}`;
    return `\nThe device and this computer are being paired. The code here:\n\n    ${spaced}\n\nIs this the code on the device? Say yes there too. [y/N]`;
  }
  return news.state === 'paired'
    ? '● paired: this computer and the device know each other from now on'
    : `⚠ not paired. ${refusalText(news.refusal)}`;
}

const refusedWords = {
  another_device:
    'another device than the paired one is connected: nothing is said to it. To pair it in place of the other: --replace-device',
  no_channel: 'the device does not encrypt any more, or somebody is in between: nothing is said to it',
  broken: 'the connection to the device was changed on its way, or another program uses the port; trying again',
} as const;

/** `locked` is also what a device says whose memory cannot be read. */
const stateWords: Readonly<Record<ReplyOf<'info'>['state'], string>> = {
  ready: 'ready',
  fresh: 'not set up yet',
  locked: 'locked, or its memory cannot be read: look at its screen',
};

function deviceSentence(status: DeviceStatus): string | null {
  switch (status.state) {
    case 'ready': {
      const trust = status.channel === 'paired' ? '' : status.channel === 'plain' ? ', not encrypted' : ', not paired';
      return `● device ${stateWords[status.info.state]}: ${status.model}, ${status.firmware}${trust}`;
    }
    case 'unlocking':
      return '● an app waits: unlock the device with its PIN';
    case 'refused':
      return `⚠ ${refusedWords[status.why]}`;
    case 'absent':
      return '○ no device';
    case 'incompatible':
      return `⚠ the device speaks other versions of the protocol (${status.firmware}). Update the host or the firmware.`;
    case 'greeting':
      // The first silence is a board that boots; later ones are worth a word, and not each of them.
      return status.unanswered === 3
        ? '⚠ nothing on this port answers as a Sallyport device. Is it the right port? Trying on.'
        : null;
  }
}

/**
 * Notifications over D-Bus (org.freedesktop.Notifications): one, replaced in place and taken away when there is none. What is told
 * while the server still answers waits, the last of it only.
 */
import { type MessageBus, Variant } from 'dbus-native';
import type { Look } from '../../core/tray/glance.ts';
import { paintIcon } from '../../core/tray/icon.ts';
import type { Notice } from '../../core/tray/notice.ts';
import type { FromFace } from '../contract.ts';
import { type Signal, watchSignals } from './signals.ts';

export type Notices = {
  readonly set: (notice: Notice | null) => void;
  readonly say: (title: string, body: string) => void;
  /** Takes it away. */
  readonly close: () => Promise<void>;
};

const server = 'org.freedesktop.Notifications';
const path = '/org/freedesktop/Notifications';
const sayMs = 10_000;
/** At the end nobody waits for long. */
const closeMs = 1_000;
const iconSize = 48;

export async function openNotices(bus: MessageBus, said: (line: FromFace) => void): Promise<Notices> {
  /** What is on the screen: the server's number of it, 0 for nothing. */
  let shown: { readonly number: number; readonly action: string | null } = { number: 0, action: null };
  let wanted: Notice | null = null;
  let working: Promise<void> | null = null;
  let isAbsent = false;

  const hear = ({ member, body: [number, what] }: Signal): void => {
    if (number !== shown.number || number === 0) return;
    if (member === 'NotificationClosed') {
      shown = { number: 0, action: null };
      said({ noticeClosed: true });
    } else if (member === 'ActionInvoked' && typeof what === 'string') {
      if (what === 'default') said({ click: 'dashboard' });
      else if (what === shown.action) said({ click: what });
    }
  };
  // What comes while the server is asked may be about the answer to that, which was not read yet.
  await watchSignals(bus, { sender: server, interface: server, path }, (signal) => {
    if (working === null) hear(signal);
    else void working.then(() => hear(signal));
  });

  const call = (member: string, signature: string, body: unknown[], timeout?: number) =>
    bus.invoke<unknown>(
      { destination: server, path, interface: server, member, ...(signature === '' ? {} : { signature, body }) },
      timeout === undefined ? {} : { timeout },
    );

  const notify = async (number: number, title: string, body: string, look: Look, actions: string[], ms: number) => {
    // Asked each time: another server may have come.
    const escapes = asTexts(await call('GetCapabilities', '', [])).includes('body-markup');
    const icon = Buffer.from(paintIcon(look, false, iconSize));
    const hints = {
      urgency: new Variant('y', 1),
      category: new Variant('s', 'device'),
      'image-data': new Variant('(iiibiiay)', [iconSize, iconSize, iconSize * 4, true, 8, 4, icon]),
    };
    const text = escapes ? escaped(body) : body;
    const args = ['Sallyport', number, '', title, text, actions, hints, ms];
    return asNumber(await call('Notify', 'susssasa{sv}i', args));
  };

  /** Until what is shown is what is wanted. */
  const work = async (): Promise<void> => {
    let done: Notice | null | undefined;
    try {
      while (done !== wanted) {
        done = wanted;
        if (wanted === null) {
          if (shown.number !== 0) await call('CloseNotification', 'u', [shown.number], closeMs);
          shown = { number: 0, action: null };
          continue;
        }
        const { title, body, action } = wanted;
        const actions = ['default', 'Open dashboard', ...(action === null ? [] : [action.id, action.label])];
        const number = await notify(shown.number, title, body, 'waiting', actions, 0);
        shown = { number, action: action?.id ?? null };
      }
    } catch (problem) {
      unable(problem);
    } finally {
      working = null;
    }
  };
  /** Said once: the icon and the device go on without. */
  const unable = (problem: unknown): void => {
    shown = { number: 0, action: null };
    if (isAbsent) return;
    isAbsent = true;
    said({ note: `No notifications can be shown: ${problem instanceof Error ? problem.message : 'no server'}` });
  };

  return {
    set: (notice) => {
      wanted = notice;
      working ??= work();
    },
    say: (title, body) => {
      notify(0, title, body, 'gone', [], sayMs).catch(unable);
    },
    close: async () => {
      wanted = null;
      working ??= work();
      await working;
    },
  };
}

/** Servers that read markup read it in what apps call themselves, too. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function asTexts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function asNumber(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

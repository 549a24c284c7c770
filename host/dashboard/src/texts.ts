/** Every word of the page that is not the user's or the host's own, in one place (those of the other views in texts/). English first. */
import { activity } from './texts/activity.ts';
import { apps } from './texts/apps.ts';
import { device } from './texts/device.ts';
import { relays } from './texts/relays.ts';
import { settings } from './texts/settings.ts';

const many = (count: number, one: string, more: string): string => (count === 1 ? `one ${one}` : `${count} ${more}`);

export const texts = {
  name: 'Sallyport',
  tabs: {
    overview: 'Overview',
    apps: 'Apps',
    activity: 'Activity',
    device: 'Device',
    relays: 'Relays',
    settings: 'Settings',
  },
  tones: { good: 'Good', waiting: 'Your turn', bad: 'Needs you', paused: 'Paused' },
  sentence: {
    killed: 'The kill switch is on: everything is refused.',
    paused: 'Paused: every request is refused for now.',
    absent: 'No device is there: plug it in.',
    greeting: 'A device is there and is being greeted.',
    refused: 'The device at the port is not the paired one.',
    incompatible: 'The device and this host speak different versions.',
    comparing: 'Compare the digits of device and page.',
    unpaired: 'The device and this computer are not paired yet.',
    fresh: 'The device is new: set it up by its own keys.',
    locked: 'The device is locked: type its PIN on it.',
    unreadable: 'The device cannot read its memory.',
    noRelay: 'No relay can be reached: apps cannot ask.',
    waiting: (count: number) =>
      `${capital(many(count, 'request waits', 'requests wait'))} for you: look at your device.`,
    readyWithoutApps: 'Ready for your first app.',
    ready: (apps: number) => `Ready: ${many(apps, 'app', 'apps')} may ask, the device decides.`,
  },
  simulator: 'See and press the simulated device (a tab of its own)',
  opening: 'Asking the host how it is…',
  gone: {
    title: 'Sallyport does not answer.',
    advice:
      'It ended, or this computer slept; what this page shows is old. If it was started again, open a new link: sallyport dashboard, or the tray.',
  },
  outside: {
    title: 'This page is not let in',
    no_code: 'It is opened by a link that works once.',
    unknown_code: 'That link was used already, or its time is over.',
    too_many_tries: 'Too many wrong links came within a minute.',
    gone: 'Sallyport does not answer.',
    not_let_in: 'Sallyport was started again, and each start asks for a new link.',
    advice: 'Open it by the tray, or by this command in a terminal:',
    command: 'sallyport dashboard',
    commandFromSources: 'From the sources: npm start -- dashboard, with the --state that npm start printed.',
  },
  overview: {
    apps: 'A new app',
    appsWords: 'An app gets a line from you, or shows you one. The device asks before anything is paired.',
    lately: 'Lately',
    more: 'All activity',
    lines: 'Lines that wait for an app',
    line: (name: string) => (name === '' ? 'A line without a name' : `“${name}”`),
    ends: 'may be used for',
    drop: 'Make it void',
  },
  waiting: {
    title: 'Look at your device',
    look: 'Yes is said on the device only. Here you can say no.',
    nameless: 'An app without a name',
    asks: (app: string, asks: string, count: number) =>
      count === 1 ? `${app} asks to ${asks}` : `${app} asks to ${asks}, ${count} times`,
    onDevice: 'The device has it.',
    queued: 'It waits for its turn.',
    endsIn: 'It ends in',
    inFull: (number: number) => `Request ${number} in full`,
    deny: 'Refuse',
    denyAll: (count: number) => `Refuse all ${count}`,
  },
  pairApp: {
    title: 'Pair an app',
    ways: { ours: 'Give a line', theirs: 'Paste a line' },
    ourWords:
      'Sallyport makes a line that works once. The app that gets it asks to be paired, and the device asks you.',
    theirWords: 'Paste the line that begins with nostrconnect. The device asks you before the app hears anything.',
    theirLine: 'The line of the app',
    name: 'What you call the app (may be empty)',
    account: 'Account',
    accountName: (number: number, pubkey: string) => `Account ${number}: ${pubkey.slice(0, 8)}…${pubkey.slice(-8)}`,
    span: 'The line may be used for',
    spans: { 10: '10 minutes', 60: 'an hour', 1440: 'a day', 43200: '30 days' },
    perms: 'The device is to ask whether it may always…',
    permsWords: 'A tick allows nothing: the device asks about each while the app is paired.',
    wishes: {
      'sign_event:1': 'sign notes',
      'sign_event:6': 'sign reposts',
      'sign_event:7': 'sign reactions',
      nip44_encrypt: 'encrypt texts',
      nip44_decrypt: 'decrypt texts',
    },
    more: 'How long, what it wants to do, and which key it asks',
    ownKey: 'A line that cannot be linked with those of other apps',
    userKey: 'For an old app (of early 2024): the line names the key of the account itself',
    make: 'Make the line',
    give: 'Scan it with the app, or copy the line into it.',
    qr: 'The line as a QR code',
    line: 'The bunker line',
    old: 'For apps of 2023 that ask for a token',
    waits: 'Waiting for the app.',
    again: 'Make another line',
    paired: 'An app used this line and is paired.',
    connect: 'Pair it',
    look: 'Look at your device: it asks whether to pair this app.',
  },
  guide: {
    title: 'First steps',
    back: 'The device needs you',
    done: 'done',
    steps: {
      device: { title: 'Plug the device in', words: 'Sallyport looks for it and goes on by itself.' },
      paired: {
        title: 'Pair this computer with it',
        words: 'Once, so that no other program can speak as this computer.',
      },
      setUp: {
        title: 'Set it up, on its own screen',
        words: 'Now look at your device: it makes a new key or takes the words of an old one, and asks for a PIN.',
      },
      unlocked: { title: 'Unlock it', words: 'Type the PIN on the device. No computer ever hears it.' },
      app: {
        title: 'Pair your first app',
        words:
          'Any Nostr app that knows remote signers (NIP-46) will do. To try it with one of ours: sallyport demo-app.',
      },
      signed: {
        title: 'Sign something',
        words: 'Write a note in the app. The device shows it, and a press signs it.',
      },
    },
    pair: 'Show the digits',
    compare: 'Are these the digits on the device? Say so here and there.',
    same: 'They are the same',
    differ: 'They differ',
    unlock: 'Ask for the PIN',
    typePin: 'Now type it on the device.',
  },
  activity,
  apps,
  device,
  relays,
  settings,
  leave: 'Log out of this page',
  skip: 'To the content',
  waitingTitle: (count: number) => `(${count}) Sallyport`,
  close: 'Close',
  cancel: 'Cancel',
  copy: 'Copy',
  copied: 'Copied',
  copyByHand: 'Press Ctrl or ⌘ and C',
} as const;

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Every word of the page that is not the user's or the host's own, in one place. English first. */

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
    connecting: 'A device is there and is being greeted.',
    refused: 'The device at the port is not the paired one.',
    incompatible: 'The device and this host speak different versions.',
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
    advice: 'It ended, or this computer slept. This page tries again by itself; what it shows is old.',
  },
  outside: {
    title: 'This page is not let in',
    no_code: 'It is opened by a link that works once.',
    unknown_code: 'That link was used already, or its time is over.',
    too_many_tries: 'Too many wrong links came within a minute.',
    not_let_in: 'Sallyport was started again, and each start asks for a new link.',
    advice: 'Open it by the tray, or by this command in a terminal:',
    command: 'sallyport dashboard',
    commandFromSources: 'From the sources: npm start -- dashboard, with the --state that npm start printed.',
  },
  leave: 'Log out of this page',
  skip: 'To the content',
  close: 'Close',
  cancel: 'Cancel',
  copy: 'Copy',
  copied: 'Copied',
} as const;

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

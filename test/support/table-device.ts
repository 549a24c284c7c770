/**
 * A device that knows the table and nothing else: link and channel are the real ones, and what it says to a request is the test's to
 * decide. With it the host's end of every command can be tested before, and apart from, any firmware.
 */
import {
  type Channel,
  capabilities,
  complete,
  decodeMessage,
  encodeMessage,
  type Handshake,
  limits,
  type Message,
  open,
  type Request,
  respond,
  seal,
  startChannel,
  startDeviceLink,
  stepDeviceLink,
} from '@sallyport/device-protocol';
import type { DeviceAnswer, DeviceAsk } from '../../host/src/core/device/device-port.ts';
import {
  type DeviceSessionEffect,
  type DeviceSessionInput,
  type DeviceStatus,
  startDeviceSession,
  stepDeviceSession,
} from '../../host/src/core/device/device-session.ts';
import { cheapDh } from './cheap-dh.ts';
import { bytesFrom, chance } from './random.ts';

export type TableDevice = ReturnType<typeof tableDevice>;

export type TableDeviceOptions = {
  readonly capabilities?: readonly (keyof typeof capabilities)[];
  /** What the device says of the computer: whether it knows it. */
  readonly paired?: boolean;
};

const deviceSecret = new Uint8Array(32).fill(8);

/** The host's session, plugged into such a device. Requests of the host that `quiet` answers by itself do not come to the test. */
export function tableDevice(options: TableDeviceOptions = {}) {
  const random = bytesFrom(chance(7));
  const facts = {
    resetReason: 'power',
    firmware: 'table',
    model: 'table',
    frameMax: limits.frameDefault,
    messageMax: limits.messageMax,
    window: 18,
    streamMax: limits.streamMax,
    requestsMax: limits.requestsMax,
    capabilities: [...(options.capabilities ?? ['clients', 'accounts']), 'channel' as const].map(
      (name) => capabilities[name],
    ),
  } as const;
  const pin = Buffer.from(cheapDh.publicKey(deviceSecret)).toString('hex');
  const identity = { dh: cheapDh, secret: new Uint8Array(32).fill(3), name: 'desk', pin };
  const statuses: DeviceStatus[] = [];
  const answers = new Map<number, DeviceAnswer>();
  const requests: Request[] = [];
  const sizes: number[] = [];
  const cable: (() => void)[] = [];
  let busy = false;
  let boots = 0;
  let link = startDeviceLink({ ...facts, bootId: new Uint8Array(8).fill(boots) });
  let session = startDeviceSession(random, identity);
  let handshake: Handshake | null = null;
  let channel: Channel | null = null;
  let prologue = new Uint8Array(0);
  let now = 1_000;
  let jobs = 0;
  let state: 'fresh' | 'locked' | 'ready' = 'ready';

  /** What goes over the cable while something arrives arrives after it. */
  function carry(arrive: () => void): void {
    cable.push(arrive);
    if (busy) return;
    busy = true;
    for (let next = cable.shift(); next !== undefined; next = cable.shift()) next();
    busy = false;
  }

  function host(input: DeviceSessionInput): void {
    const [next, effects] = stepDeviceSession(session, input, now, random);
    session = next;
    for (const effect of effects) perform(effect);
  }

  function perform(effect: DeviceSessionEffect): void {
    if (effect.type === 'status') statuses.push(effect.status);
    else if (effect.type === 'answered') answers.set(effect.job, effect.answer);
    else if (effect.type === 'write') carry(() => feed({ type: 'bytes', bytes: effect.bytes }));
  }

  function feed(input: Parameters<typeof stepDeviceLink>[1]): void {
    const [next, effects] = stepDeviceLink(link, input, now);
    link = next;
    for (const effect of effects) {
      if (effect.type === 'write') carry(() => host({ type: 'bytes', bytes: effect.bytes }));
      else if (effect.type === 'opened') {
        prologue = Uint8Array.from(effect.prologue);
        channel = null;
      } else if (effect.type === 'message') take(effect.bytes, effect.sealed);
    }
  }

  function take(bytes: Uint8Array, sealed: boolean): void {
    const opened = sealed && channel !== null ? open(channel, bytes) : null;
    if (sealed && opened === null) throw new Error('the host sealed what does not open');
    if (opened !== null) channel = opened[0];
    const plain = opened?.[1] ?? bytes;
    const message = decodeMessage(plain);
    if (message.type !== 'request') return;
    if (shake(message) || quiet(message)) return;
    requests.push(message);
    sizes.push(plain.length);
  }

  function shake(message: Request): boolean {
    const { id } = message;
    if (message.command === 'handshake') {
      const start = { dh: cheapDh, prologue, staticSecret: deviceSecret, ephemeralSecret: random(32) };
      const answered = respond(start, message.body.message);
      if (answered === null) throw new Error('the host made no handshake');
      handshake = answered.handshake;
      say({ type: 'reply', id, command: 'handshake', body: { message: answered.message } });
      return true;
    }
    if (message.command !== 'handshake_finish' || handshake === null) return false;
    const done = complete(handshake, message.body.message);
    if (done === null) throw new Error('the host did not finish its handshake');
    channel = startChannel(done.end);
    say({ type: 'reply', id, command: 'handshake_finish', body: { paired: options.paired ?? true } });
    say({ type: 'notice', notice: 'state', body: { state } });
    return true;
  }

  function quiet(message: Request): boolean {
    const { id } = message;
    if (message.command !== 'info') return message.command === 'ping';
    const body = { state, name: 'table', accounts: 1, marks: [], damagedFrames: 0 };
    say({ type: 'reply', id, command: 'info', body });
    return true;
  }

  function say(message: Message): void {
    const bytes = encodeMessage(message);
    const sealed = channel === null ? null : seal(channel, bytes);
    if (sealed !== null) channel = sealed[0];
    feed({ type: 'send', message: sealed?.[1] ?? bytes, sealed: sealed !== null });
  }

  const device = {
    host,
    say,
    statuses,
    answers,
    requests,
    /** Bytes of the requests, in the same order. */
    sizes,
    session: () => session,
    ask: (ask: DeviceAsk): number => {
      host({ type: 'ask', job: ++jobs, client: 'app', ask });
      return jobs;
    },
    /** The last request of this command. */
    last: <C extends Request['command']>(command: C): Extract<Request, { command: C }> => {
      const found = requests.findLast((one): one is Extract<Request, { command: C }> => one.command === command);
      if (found === undefined) throw new Error(`the host never asked ${command}`);
      return found;
    },
    count: (command: Request['command']): number => requests.filter((one) => one.command === command).length,
    setState: (next: typeof state): void => {
      state = next;
      if (channel !== null) say({ type: 'notice', notice: 'state', body: { state } });
    },
    pass: (ms: number): void => {
      now += ms;
      host({ type: 'tick' });
      feed({ type: 'tick' });
    },
    /** Starts anew, as after a power cut. */
    reboot: (): void => {
      host({ type: 'wire_closed' });
      link = startDeviceLink({ ...facts, bootId: new Uint8Array(8).fill(++boots) });
      host({ type: 'wire_opened' });
    },
    plug: (): void => host({ type: 'wire_opened' }),
  };
  return device;
}

/**
 * The talk about a pairing: the code goes out, and a human (or the program in whose name they compare) says yes or no. On a
 * terminal it is a question; with `--json` it is a line `{"pairing":{"state":"code","code":"…"}}`, answered by a line
 * `{"pair":"yes"}` on stdin. Without anybody to ask nothing is paired, and that is said once.
 */
import type { Readable } from 'node:stream';
import type { DeviceStatus, PairingNews } from './core/device/device-session.ts';

/** Who can be asked. */
export type PairingManner = 'terminal' | 'json' | 'nobody';

export type PairingTalk = {
  /** The device is there, and this is how it stands to this computer. */
  readonly deviceIs: (status: DeviceStatus) => void;
  readonly news: (news: PairingNews) => void;
  readonly close: () => void;
};

export type PairingActions = {
  readonly pair: () => void;
  readonly answer: (yes: boolean) => void;
  /** Words for people: why nothing is paired. */
  readonly say: (words: string) => void;
};

/** A yes or a no is short; beyond this the other side has lost its way. */
const lineMax = 4_096;

/** Talks until it is closed. It reads `input` only while it may be answered. */
export function pairingTalk(manner: PairingManner, input: Readable, actions: PairingActions): PairingTalk {
  let begun = false;
  let asked = false;
  let rest = '';

  function listen(chunk: string): void {
    rest += chunk;
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > lineMax) rest = '';
    for (const line of lines) take(line.trim());
  }

  function take(line: string): void {
    if (!asked) return;
    const yes = manner === 'json' ? jsonAnswer(line) : /^(y|yes)$/i.test(line);
    if (yes === null) return;
    asked = false;
    if (manner === 'terminal') stop();
    actions.answer(yes);
  }

  function start(): void {
    input.setEncoding('utf8');
    input.on('data', listen);
    input.resume();
  }

  function stop(): void {
    input.off('data', listen);
    input.pause();
  }

  // A program's lines are read from the start, so that a yes from before the code is thrown away and confirms nothing. A
  // terminal is read only while it is asked: a program in the background that reads one is stopped by the system.
  if (manner === 'json') start();
  // A closed stdin is nobody who answers: the device ends the pairing by itself.
  if (manner !== 'nobody') input.on('error', () => input.pause());

  return {
    deviceIs: (status) => {
      if (status.state !== 'ready' || status.channel !== 'unpaired' || begun) return;
      begun = true;
      if (manner === 'nobody') {
        actions.say(
          'This computer and the device are not paired: the device calls it unknown. Pair them on the dashboard (sallyport dashboard), or start with --pair.',
        );
      } else actions.pair();
    },
    news: (news) => {
      asked = news.state === 'code';
      if (manner !== 'terminal') return;
      if (asked) start();
      else stop();
    },
    close: () => {
      if (manner !== 'nobody') stop();
    },
  };
}

/** What a line says; null for one that is no answer. */
function jsonAnswer(line: string): boolean | null {
  try {
    const said: unknown = JSON.parse(line);
    const pair = typeof said === 'object' && said !== null && 'pair' in said ? said.pair : null;
    return pair === 'yes' ? true : pair === 'no' ? false : null;
  } catch {
    return null; // a line that is no JSON is no answer
  }
}

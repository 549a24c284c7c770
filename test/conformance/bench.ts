/** What the suite needs of the world: a wire to one device, a clock, and somebody who presses its buttons. */

import type { Computer } from './computers.ts';
import type { Talk } from './talk.ts';

export type Bench = {
  readonly now: () => number;
  readonly write: (bytes: Uint8Array) => void;
  /** Who hears what the device says; one listener. */
  readonly listen: (listener: (bytes: Uint8Array) => void) => void;
  /** Waits until the condition holds, at most so long; tells whether it does. */
  readonly until: (holds: () => boolean, ms: number) => Promise<boolean>;
  /** Has a key pressed, or yes held, while this request is on the screen. A human is asked to and may take a while. */
  readonly press: (request: number, key: 'approve' | 'deny' | 'hold', words: string) => Promise<void>;
  /** Has the six digits on the device compared with these, and confirmed there. */
  readonly compare: (code: string) => Promise<void>;
};

/** A rule of PROTOCOL.md that a device is held to. */
export type Rule = {
  /** The chapter of PROTOCOL.md. */
  readonly chapter: number;
  readonly name: string;
  /** Presses: how often the human is needed. None: the rule runs by itself, even on a device without a key. */
  readonly presses?: number;
  /** Takes a minute: left out with --quick. */
  readonly slow?: true;
  /** The rule is checked in a sealed session of the computer that the human paired for this suite. */
  readonly computer?: 'paired';
  /** For devices only that announce this capability. */
  readonly capability?: number;
  readonly check: (talk: Talk, computer: Computer) => Promise<void>;
};

/** The device broke the rule: the words say what was expected and what came. */
export class Broken extends Error {}

/** Throws unless the device does what the rule says. */
export function must(holds: boolean, words: string): asserts holds {
  if (!holds) throw new Broken(words);
}

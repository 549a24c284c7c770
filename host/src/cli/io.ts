/** What a command has of the world: where it says things, whether somebody sits there, and how it ends. */
import { type ControlClient, controlClient, type Failed } from '../control/client.ts';

/** Data goes to `out`, everything else to `err`. */
export type Io = {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Somebody who can be asked sits at stdin. */
  readonly asks: boolean;
  /** Reads a line that is not shown; only where `asks`. */
  readonly secret: (question: string) => Promise<string>;
  /** The whole of stdin, up to what a device could sign. */
  readonly stdin: () => Promise<string>;
  /** Aborted by Ctrl-C. */
  readonly until: AbortSignal;
};

/** The exit codes of all commands. */
export const exitCodes = { done: 0, failed: 1, wrongCall: 2, notRunning: 3, refused: 4 } as const;

/** Ends a command with a code and a sentence. */
export class Ending extends Error {
  readonly code: number;
  constructor(code: number, words: string) {
    super(words);
    this.code = code;
  }
}

/** A command that runs: its options, and the host that it speaks to. */
export type Command = {
  readonly io: Io;
  readonly state: string;
  readonly json: boolean;
  readonly client: ControlClient;
};

export function commandWith(io: Io, options: { readonly state: string; readonly json: boolean }): Command {
  return { io, ...options, client: controlClient(options.state) };
}

/** The answer, or the end of the command with the words of whoever said no. */
export function answerOf<T>(said: { readonly type: 'answer'; readonly answer: T } | Failed): T {
  if (said.type === 'answer') return said.answer;
  throw endingOf(said);
}

export function endingOf({ type, words, advice }: Failed): Ending {
  const { notRunning, wrongCall, refused, failed } = exitCodes;
  const codes = { absent: notRunning, wrong: wrongCall, refused, broken: failed } as const;
  return new Ending(codes[type], advice === '' ? words : `${words} ${advice}`);
}

/** Sends somebody to the device, once there is a host that asks it. */
export async function look({ io, client }: Command, what: string): Promise<void> {
  answerOf(await client.call('GET /v0/status'));
  io.err(`Look at the device: ${what}.\n`);
}

/** Says a value: as JSON, or as text for people. */
export function say({ io, json }: Command, value: unknown, text: string): void {
  io.out(json ? `${JSON.stringify(value)}\n` : text.endsWith('\n') || text === '' ? text : `${text}\n`);
}

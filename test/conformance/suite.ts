/**
 * The suite: every rule in the order of PROTOCOL.md, each in a link session of its own, and one line a rule. Rows for what comes to
 * the protocol are added to the lists in `rules/`.
 */
import { type Bench, Broken, must, type Rule } from './bench.ts';
import { type Computer, newComputer, pair } from './computers.ts';
import { addressedRules } from './rules/addressed.ts';
import { appRules } from './rules/apps.ts';
import { askingRules } from './rules/asking.ts';
import { channelRules } from './rules/channel.ts';
import { lifeRules } from './rules/life.ts';
import { linkRules } from './rules/link.ts';
import { logRules } from './rules/log.ts';
import { messageRules } from './rules/messages.ts';
import { streamRules } from './rules/streams.ts';
import { wireRules } from './rules/wire.ts';
import { nameOf, type Talk, talkTo } from './talk.ts';

export const rules: readonly Rule[] = [
  ...wireRules,
  ...linkRules,
  ...messageRules,
  ...askingRules,
  ...streamRules,
  ...channelRules,
  ...lifeRules,
  ...appRules,
  ...logRules,
  ...addressedRules,
];

export type Verdict = {
  readonly rule: Rule;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Why it failed or was skipped. */
  readonly words: string;
};

export type SuiteOptions = {
  /** Leave out what takes a minute. */
  readonly quick: boolean;
  /** Whether somebody is there to press. */
  readonly human: boolean;
  /** Stop at the first failure. */
  readonly untilFailure?: boolean;
  /** Only rules whose name contains this. */
  readonly only?: string;
  readonly told?: (verdict: Verdict) => void;
};

/** Runs the rules against one device. */
export async function runSuite(bench: Bench, options: SuiteOptions): Promise<readonly Verdict[]> {
  const talk = talkTo(bench);
  const verdicts: Verdict[] = [];
  const computer = newComputer();
  let paired = false;
  let ready: boolean | null = null;
  for (const rule of rules.filter(({ name }) => name.includes(options.only ?? ''))) {
    const verdict = async (): Promise<Verdict> => {
      try {
        await talk.reset();
        if (ready === null) {
          ready = await isReady(talk);
          await talk.reset();
        }
        const skipped = whySkipped(rule, options, ready, talk.facts().capabilities);
        if (skipped !== null) return { rule, outcome: 'skipped', words: skipped };
        if (rule.computer === 'paired') paired = await known(talk, computer);
        await rule.check(talk, computer);
        return { rule, outcome: 'passed', words: '' };
      } catch (problem) {
        if (!(problem instanceof Broken)) throw problem;
        return { rule, outcome: 'failed', words: problem.message };
      }
    };
    const one = await verdict();
    verdicts.push(one);
    options.told?.(one);
    if (one.outcome === 'failed' && options.untilFailure === true) break;
  }
  if (paired) await leave(talk, computer);
  return verdicts;
}

/** A session of the paired computer; the first time the human pairs it, and the next session shows whether the device knows it. */
async function known(talk: Talk, computer: Computer): Promise<true> {
  const session = await computer.establish(talk);
  if (session.paired) return true;
  const { answer } = await pair(talk, session);
  must(answer.type === 'reply', `pair_confirm: ${nameOf(answer)}`);
  await talk.greet();
  must((await computer.establish(talk)).paired, 'the device does not know the computer that was just paired');
  return true;
}

/** The suite takes itself out of the device's list. A device that is broken by now has been said to be. */
async function leave(talk: Talk, computer: Computer): Promise<void> {
  try {
    await talk.reset();
    await computer.establish(talk);
    await talk.ask('revoke_host', { key: computer.key });
  } catch (problem) {
    if (!(problem instanceof Broken)) throw problem;
  }
}

/** One line. */
export function lineOf({ rule, outcome, words }: Verdict): string {
  const mark = { passed: 'ok  ', failed: 'FAIL', skipped: 'skip' }[outcome];
  return `${mark}  chapter ${String(rule.chapter).padStart(2)}  ${rule.name}${words === '' ? '' : `: ${words}`}`;
}

export function summaryOf(verdicts: readonly Verdict[]): string {
  const count = (wanted: Verdict['outcome']): number => verdicts.filter(({ outcome }) => outcome === wanted).length;
  return `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`;
}

function whySkipped(
  rule: Rule,
  { quick, human }: SuiteOptions,
  ready: boolean,
  announced: readonly number[],
): string | null {
  if (rule.capability !== undefined && !announced.includes(rule.capability))
    return `the device does not announce capability ${rule.capability}`;
  if (rule.presses !== undefined && !ready) return 'the device has no key to use';
  if ((rule.presses ?? 0) > 0 && !human) return 'nobody presses';
  return rule.slow === true && quick ? 'takes a minute' : null;
}

async function isReady(talk: ReturnType<typeof talkTo>): Promise<boolean> {
  const info = await talk.ask('info', {});
  return info.type === 'reply' && info.command === 'info' && info.body.state === 'ready';
}

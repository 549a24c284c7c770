/**
 * What the user lets through of what apps ask: a kill switch, pauses, and rules that refuse. It only narrows. Nothing here can
 * allow what the device would ask a human about, and whoever takes over this computer gains nothing by changing it.
 *
 * Every judgement is a list of checks, each with its reason; the first that fails is the refusal. `why` and the dry run read the
 * same list.
 */
import { cleanLine } from '../apps/client-metadata.ts';
import type { Nip46Request } from '../nip46/nip46-text.ts';
import { type Refusal, refuse } from '../nip46/refusal.ts';

/** All that narrows. `pauses` is by client, with `everybody` for all. Times are ms Unix time. */
export type Narrowing = {
  readonly killedAt: number | null;
  readonly pauses: ReadonlyMap<string, Pause>;
  readonly rules: readonly Rule[];
  /** The number of the next rule: numbers are never given twice, so that a log may name one. */
  readonly nextRule: number;
};

/** `until` null: until somebody resumes. */
export type Pause = { readonly since: number; readonly until: number | null };

/** Refuses what it matches; null matches whatever there is. */
export type Rule = {
  readonly number: number;
  readonly client: string | null;
  readonly method: string | null;
  readonly kind: number | null;
  /** Why the user made it, in their words; it is told to the app. */
  readonly note: string;
};

/** What is judged. `kind` is that of the event to sign. */
export type Question = { readonly client: string; readonly method: string; readonly kind: number | null };

/** One check: what it is about, whether it lets the question through, and why in words. */
export type Check = { readonly about: 'kill_switch' | 'pause' | 'app_pause' | 'rule'; readonly why: string } & (
  | { readonly passed: true }
  | { readonly passed: false; readonly refusal: Refusal }
);

/** What a user may do about it. */
export type NarrowChange =
  | { readonly type: 'kill' }
  /** Ends the kill switch and every pause of this client, or those of everybody. */
  | { readonly type: 'resume'; readonly client: string }
  | { readonly type: 'pause'; readonly client: string; readonly until: number | null }
  | { readonly type: 'add_rule'; readonly rule: Omit<Rule, 'number'> }
  | { readonly type: 'remove_rule'; readonly number: number }
  /** The app is gone: what was said about it goes as well. */
  | { readonly type: 'forget'; readonly client: string };

/** What a rule can refuse: not `connect`, which pauses alone judge, and not leaving, which is always allowed. */
export const ruleMethods = [
  'sign_event',
  'nip44_encrypt',
  'nip44_decrypt',
  'nip04_encrypt',
  'nip04_decrypt',
  'get_public_key',
  'ping',
  'switch_relays',
  'get_relays',
  'create_account',
] as const satisfies readonly Exclude<Nip46Request['method'], 'connect' | 'logout'>[];

/** All that an app can ask. */
export const askedMethods = [...ruleMethods, 'connect', 'logout'] as const;

/** The name of all apps in `pauses`. */
export const everybody = '';

/** A list that a human wrote; beyond this they lost their way. */
export const rulesMax = 256;
/** The app is told it within the refusal of each request: a sentence, in characters. */
export const noteMax = 120;

export const noNarrowing: Narrowing = { killedAt: null, pauses: new Map(), rules: [], nextRule: 1 };

/** Every check of a question, in order. Leaving is always allowed: it takes nothing but rights. */
export function checks(narrowing: Narrowing, question: Question, now: number): readonly Check[] {
  if (question.method === 'logout') return [];
  return [
    killCheck(narrowing),
    pauseCheck('pause', narrowing.pauses.get(everybody), now),
    pauseCheck('app_pause', narrowing.pauses.get(question.client), now),
    ruleCheck(narrowing, question),
  ];
}

/** The refusal of a question; null when it goes on, to the device. */
export function narrowed(narrowing: Narrowing, question: Question, now: number): Refusal | null {
  for (const check of checks(narrowing, question, now)) if (!check.passed) return check.refusal;
  return null;
}

/** Performs a change; null when there are too many rules, or nothing that it names. */
export function change(narrowing: Narrowing, what: NarrowChange, now: number): Narrowing | null {
  switch (what.type) {
    case 'kill':
      return { ...narrowing, killedAt: narrowing.killedAt ?? now };
    case 'resume': {
      const pauses = new Map(narrowing.pauses);
      pauses.delete(what.client);
      return { ...narrowing, pauses, killedAt: what.client === everybody ? null : narrowing.killedAt };
    }
    case 'pause': {
      const pauses = new Map(narrowing.pauses).set(what.client, { since: now, until: what.until });
      return { ...narrowing, pauses };
    }
    case 'add_rule': {
      if (narrowing.rules.length >= rulesMax) return null;
      const rule = { ...what.rule, note: cleanLine(what.rule.note, noteMax), number: narrowing.nextRule };
      return { ...narrowing, rules: [...narrowing.rules, rule], nextRule: narrowing.nextRule + 1 };
    }
    case 'remove_rule': {
      const rules = narrowing.rules.filter(({ number }) => number !== what.number);
      return rules.length === narrowing.rules.length ? null : { ...narrowing, rules };
    }
    case 'forget': {
      const pauses = new Map(narrowing.pauses);
      pauses.delete(what.client);
      return { ...narrowing, pauses, rules: narrowing.rules.filter(({ client }) => client !== what.client) };
    }
  }
}

/** Whether a pause holds now. */
export function isPaused(pause: Pause | undefined, now: number): pause is Pause {
  return pause !== undefined && (pause.until === null || now < pause.until);
}

function killCheck({ killedAt }: Narrowing): Check {
  if (killedAt === null) return { about: 'kill_switch', passed: true, why: 'The kill switch is off.' };
  const why = 'The kill switch is on: this signer refuses everything.';
  const refusal = refuse('paused', 'The user stopped this signer.', 'Ask them to resume it, then ask again.');
  return { about: 'kill_switch', passed: false, why, refusal };
}

function pauseCheck(about: 'pause' | 'app_pause', pause: Pause | undefined, now: number): Check {
  const whom = about === 'pause' ? 'this signer' : 'this app';
  if (!isPaused(pause, now)) return { about, passed: true, why: `There is no pause of ${whom}.` };
  const end = pause.until === null ? '' : ` for ${span(pause.until - now)} more`;
  const advice = pause.until === null ? 'Ask them to resume it, then ask again.' : 'Ask again after that.';
  const refusal = refuse('paused', `The user paused ${whom}${end}.`, advice);
  return { about, passed: false, why: `There is a pause of ${whom}${end}.`, refusal };
}

function ruleCheck({ rules }: Narrowing, question: Question): Check {
  const rule = rules.find((each) => matches(each, question));
  if (rule === undefined) return { about: 'rule', passed: true, why: 'No rule of the user refuses it.' };
  const note = rule.note === '' ? '' : ` (${rule.note})`;
  const refusal = refuse('narrowed', `A rule of the user refuses this${note}.`, 'Ask them to change it.');
  return { about: 'rule', passed: false, why: `Rule ${rule.number} refuses ${ruleWords(rule)}${note}.`, refusal };
}

function matches(rule: Rule, { client, method, kind }: Question): boolean {
  // A connect of an app is judged by pauses alone: a rule is about what it asks once it is paired.
  if (method === 'connect') return false;
  const holds = (wanted: string | number | null, got: string | number | null): boolean =>
    wanted === null || wanted === got;
  return holds(rule.client, client) && holds(rule.method, method) && holds(rule.kind, kind);
}

/** What a rule refuses, for people. */
export function ruleWords({ client, method, kind }: Rule): string {
  const what = method ?? (kind === null ? 'everything' : 'sign_event');
  const ofKind = kind === null ? '' : ` of kind ${kind}`;
  return `${what}${ofKind} ${client === null ? 'of every app' : `of app ${client.slice(0, 8)}`}`;
}

/** A time for people: one unit is enough. */
function span(ms: number): string {
  const minutes = Math.max(1, Math.ceil(ms / 60_000));
  if (minutes < 120) return minutes === 1 ? 'a minute' : `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}

/**
 * What is put before the human about an app: its pairing, a grant, and several requests at once that ask the same. As in review.ts, a
 * review holds everything that is shown, and what is agreed to is exactly the value that it was made of.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import { needsHold } from '../policy/decide.ts';
import type { NewGrant } from '../policy/grants.ts';
import { kindName } from './kind-names.ts';
import {
  type Asker,
  accountFacts,
  appName,
  askerFacts,
  byteCount,
  type Fact,
  type Note,
  peerFact,
  type Review,
  scheme,
  type TextMethod,
} from './review.ts';

/** An app that is to be paired. `by`: who says its name and its wishes. `replaces`: the app that has to go for it. */
export type PairedApp = {
  readonly name: string;
  readonly by: 'app' | 'computer';
  readonly client: Uint8Array;
  readonly account: { readonly name: string; readonly pubkey: Uint8Array; readonly imported: boolean };
  readonly wishes: number;
  /** It asks to sign whatever it likes, which cannot be given. */
  readonly everyKind: boolean;
  readonly replaces: string | null;
  /** It was paired before, with this account or another one. */
  readonly again: boolean;
};

const told: Readonly<Record<PairedApp['by'], Note>> = {
  app: { long: 'told by the app (signed)', short: 'told by the app' },
  computer: { long: 'told by the computer', short: 'told by the PC' },
};

export function reviewPairing(app: PairedApp): Review {
  const key = bytesToHex(app.client);
  const wishes = app.wishes === 0 ? 'nothing' : app.wishes === 1 ? '1 permission' : `${app.wishes} permissions`;
  const facts: Fact[] = [
    { name: 'app', ...appName(app.name, told[app.by]) },
    { name: 'key', value: `${key.slice(0, 8)}…`, note: { long: `…${key.slice(-16)}`, short: `…${key.slice(-8)}` } },
    ...accountFacts({ account: app.account.name, pubkey: app.account.pubkey, imported: app.account.imported }),
    {
      name: 'wants',
      value: app.everyKind ? `${wishes}, and to sign all kinds` : wishes,
      ...(app.wishes === 0 ? {} : { note: { long: 'you are asked about each', short: 'one by one' } }),
    },
  ];
  if (app.again) facts.push({ name: 'known', value: 'it was paired before' });
  if (app.replaces !== null) {
    const note = { long: 'least used: it is forgotten', short: 'is forgotten' };
    facts.push({ name: 'no room', value: app.replaces, note });
  }
  return {
    title: app.replaces === null ? 'Pair an app' : 'Replace an app',
    shortTitle: 'pair app',
    action: 'pair',
    hold: app.replaces !== null,
    remembers: false,
    unknownComputer: false,
    facts,
    sections: [],
  };
}

/** A grant that an app wished for, or that the computer proposes: number `number` of `count`. */
export function reviewGrant(asker: Asker, grant: NewGrant, number: number, count: number): Review {
  const own = grant.peer !== null && bytesToHex(grant.peer) === bytesToHex(asker.pubkey);
  const deny = grant.verdict === 'deny';
  const facts: Fact[] = [
    { name: deny ? 'never' : 'always', value: whatOf(grant), ...dangerOf(grant, own) },
    ...(grant.method === 'sign_event' ? [] : [withWhom(grant, asker)]),
    { name: 'until', value: untilOf(grant) },
    { name: 'app', ...appName(asker.label, told[asker.by === 'app' ? 'app' : 'computer']) },
    ...accountFacts(asker),
  ];
  if (count > 1) facts.push({ name: 'question', value: `${number} of ${count}` });
  return {
    title: deny ? 'Never allow?' : 'Always allow?',
    shortTitle: deny ? 'never' : 'always',
    action: deny ? 'never' : 'give',
    hold: !deny && needsHold({ ...grant, own }),
    remembers: false,
    unknownComputer: false,
    facts,
    sections: [],
  };
}

/** One of several texts that are asked about together. */
export type OneText = {
  readonly command: TextMethod;
  readonly peer: Uint8Array;
  readonly text: { readonly length: number };
};

/** Several texts of one method: how many, and each with its peer. The texts to encrypt are laid out of their streams. */
export function reviewTogether(asker: Asker, subjects: readonly OneText[]): Review {
  const [first] = subjects;
  if (first === undefined) throw new Error('a question about nothing');
  const { command } = first;
  const decrypts = command.endsWith('decrypt');
  const side = sideOf(decrypts);
  const verb = decrypts ? 'Decrypt' : 'Encrypt';
  const note: Note = { long: 'the app will read the texts', short: 'app reads texts' };
  const count: Fact = { name: 'texts', value: `${subjects.length}, ${scheme(command)}`, ...(decrypts ? { note } : {}) };
  const each = subjects.flatMap((subject, i): Fact[] => [
    peerFact(`${i + 1}, ${side}`, asker, subject.peer),
    { name: 'size', value: decrypts ? `${subject.text.length} characters` : byteCount(subject.text.length) },
  ]);
  return {
    title: `${verb} ${subjects.length} texts`,
    shortTitle: `${decrypts ? 'decrypt' : 'encrypt'} ×${subjects.length}`,
    action: 'allow',
    hold: false,
    remembers: false,
    unknownComputer: false,
    facts: [...askerFacts(asker), count, ...each],
    sections: [],
  };
}

/** Which side of a conversation the peer is on. */
function sideOf(decrypts: boolean): string {
  if (decrypts) return 'from';
  return 'for';
}

function whatOf({ method, kind }: NewGrant): string {
  if (method !== 'sign_event') return `${method.endsWith('decrypt') ? 'decrypt' : 'encrypt'} ${scheme(method)}`;
  const name = kindName(kind ?? 0);
  return name.startsWith('kind ') ? `sign ${name}` : `sign ${name} (kind ${kind})`;
}

function dangerOf(grant: NewGrant, own: boolean): Pick<Fact, 'note'> {
  if (grant.verdict === 'deny' || !needsHold({ ...grant, own })) return {};
  const { kind } = grant;
  const opens = kind === 22242 || kind === 24242 || kind === 27235;
  if (own) return { note: { long: '! private lists, wallets', short: '! private lists' } };
  return {
    note: opens
      ? { long: '! opens doors in your name', short: '! opens doors' }
      : { long: '! can replace what you have', short: '! can overwrite' },
  };
}

function withWhom({ method, peer, verdict }: NewGrant, asker: Asker): Fact {
  const name = sideOf(method.endsWith('decrypt'));
  if (peer !== null) return peerFact(name, asker, peer);
  return verdict === 'deny' ? { name, value: 'anybody' } : { name, value: 'anybody but this account' };
}

function untilOf({ verdict, uses, perMinute, session, ms }: NewGrant): string {
  const rate = perMinute === null ? '' : `, ${perMinute} a minute`;
  const times = uses === null ? '' : `${uses} times, `;
  if (ms !== null) return `${times}${durationOf(ms)} or lock${rate}`;
  if (session) return `${times}the device is locked${rate}`;
  if (uses !== null) return `${uses} times${rate}`;
  return `${verdict === 'deny' ? 'you take it back here' : 'you take it back'}${rate}`;
}

/** Whole minutes, hours or days, rounded up: a grant that ends earlier than it says is no danger. */
function durationOf(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  if (minutes < 120) return minutes === 1 ? '1 minute' : minutes === 60 ? '1 hour' : `${minutes} minutes`;
  const hours = Math.ceil(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.ceil(hours / 24)} days`;
}

/** The text of NIP-46 requests, mutated: parsed into the closed union or refused, never thrown over, and the id comes back as sent. */
import { isDeepStrictEqual } from 'node:util';
import { bridgeLimits as limits } from '../../host/src/core/bridge/bridge-limits.ts';
import {
  errorText,
  type Nip46Request,
  parseRequest,
  requestDigest,
  resultText,
} from '../../host/src/core/nip46/nip46-text.ts';
import { primitives } from '../../host/src/primitives/primitives.ts';
import { mutatedJson, mutatedText } from '../support/mutations.ts';
import { chance, pick } from '../support/random.ts';
import { forEachSeed, must, type Stage } from './stage.ts';

const peer = 'ab'.repeat(32);
const template = {
  kind: 1,
  content: 'Grüße "🌍"\n',
  tags: [
    ['e', peer],
    ['t', ''],
  ],
  created_at: 1_700_000_000,
};
const secret = 'aZ09'.repeat(8);
const metadata = JSON.stringify({ name: 'An app', url: 'https://app.example', image: 'https://app.example/i.png' });

const sources: readonly [string, ...string[]] = [
  JSON.stringify({ id: 'a1', method: 'sign_event', params: [JSON.stringify(template)] }),
  JSON.stringify({ id: 'a2', method: 'sign_event', params: [{ ...template, pubkey: peer, id: peer, sig: '' }] }),
  JSON.stringify({ id: 7, method: 'connect', params: [peer, secret, 'sign_event:1,nip44_encrypt', metadata] }),
  JSON.stringify({ id: '', method: 'ping', params: null, jsonrpc: '2.0', error: '' }),
  JSON.stringify({ id: null, method: 'get_public_key' }),
  JSON.stringify({ method: 'disconnect', params: [] }),
  JSON.stringify({ id: 'b', method: 'nip44_encrypt', params: [peer, 'a text'] }),
  JSON.stringify({ id: 'c', method: 'nip04_decrypt', params: [peer.toUpperCase(), 'AAAA?iv=BBBB'] }),
  '{"params":[{"id":1}],"id":18446744073709551615,"method":"switch_relays"}',
];

export const requests: Stage = {
  count: 300_000,
  run: (first, count) => {
    let understood = 0;
    forEachSeed(first, count, (seed) => {
      const draw = chance(seed);
      understood += check((draw() < 0.5 ? mutatedText : mutatedJson)(draw, pick(draw, sources))) ? 1 : 0;
    });
    must(understood > 0 || count < 100, 'nothing was understood');
    return `${count} texts: ${understood} understood, the rest refused`;
  },
};

/** True when it was understood. */
function check(text: string): boolean {
  const parsed = parseRequest(text);
  const id = parsed.type === 'request' ? parsed.request.id : parsed.id;
  must(id.length <= limits.idMax, `a long id: ${text}`);
  const sent = idIn(text);
  const answers = parsed.type === 'request' ? [resultText(id, 'x')] : [errorText(id, parsed.refusal)];
  for (const answer of answers) {
    const back: unknown = JSON.parse(answer);
    must(parsed.type === 'refused' && id === '' ? true : isDeepStrictEqual(idOf(back), sent), `another id: ${text}`);
  }
  if (parsed.type === 'refused') return false;
  must(/^[0-9a-f]{64}$/.test(requestDigest(parsed.request, primitives)), `no digest: ${text}`);
  must(isSound(parsed.request), `let through: ${text}`);
  return true;
}

/** What nobody may be shown or be asked to sign must not come out of the parser. */
function isSound(request: Nip46Request): boolean {
  if (request.method === 'connect') {
    return request.secret.length <= limits.secretMax && request.perms.length <= limits.permsMax + 1;
  }
  if (request.method === 'sign_event') {
    const { kind, content, tags, created_at, pubkey } = request.template;
    const texts = [content, ...tags.flat()];
    const isTimed = created_at === null || (Number.isSafeInteger(created_at) && created_at >= 0);
    const isKind = Number.isInteger(kind) && kind >= 0 && kind <= 0xffff && ![14, 15, 24133].includes(kind);
    const isKey = pubkey === null || /^[0-9a-f]{64}$/.test(pubkey);
    return isKind && isTimed && isKey && texts.every((text) => typeof text === 'string' && text.isWellFormed());
  }
  if (!('peer' in request)) return true;
  return /^[0-9a-f]{64}$/.test(request.peer) && request.text.isWellFormed();
}

function idIn(text: string): unknown {
  try {
    return idOf(JSON.parse(text));
  } catch {
    return undefined; // no JSON has no id
  }
}

function idOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined;
}

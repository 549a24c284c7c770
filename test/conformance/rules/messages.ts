/** Chapters 5 to 7: CBOR, messages, and the commands that ask nobody. */
import { commands, type DeviceError, deviceErrors, type ErrorMessage, type Reply } from '@sallyport/device-protocol';
import { must, type Rule } from '../bench.ts';
import { nameOf, sameBytes, type Talk } from '../talk.ts';
import { bytesOf, cborVectors, messageVectors } from '../vectors.ts';

/** The answer is this error. */
export function mustRefuse(answer: Reply | ErrorMessage, error: DeviceError, words: string): void {
  must(answer.type === 'error' && answer.error === error, `${words}: expected error ${error}, got ${nameOf(answer)}`);
}

const known = new Set<number>(Object.values(commands).map(({ code }) => code));
const oneOf = (text: string): text is DeviceError => text in deviceErrors;

async function invalidMessages(talk: Talk): Promise<void> {
  for (const { name, hex, answered, error } of messageVectors().invalid) {
    const from = talk.heard.length;
    talk.say(bytesOf(hex), answered?.id);
    if (answered === null) {
      await talk.saysNothing(name, from);
      continue;
    }
    const answers = (): readonly ErrorMessage[] =>
      talk.heard.slice(from).flatMap((one) => (one.type === 'error' && one.id === answered.id ? [one] : []));
    if (!known.has(answered.code)) {
      await talk.until(`an error for: ${name}`, () => talk.strangeErrors.length > 0);
      const [strange] = talk.strangeErrors;
      must(strange?.id === answered.id && strange.code === answered.code, `${name}: another id or code`);
      must(oneOf(error) && strange.error === deviceErrors[error].code, `${name}: error number ${strange.error}`);
      continue;
    }
    await talk.until(`an error for: ${name}`, () => answers().length > 0);
    const [answer] = answers();
    must(answer !== undefined && oneOf(error), name);
    mustRefuse(answer, error, name);
  }
}

export const messageRules: readonly Rule[] = [
  {
    chapter: 5,
    name: 'everything that vectors/cbor.json refuses is not answered',
    check: async (talk) => {
      const { messageMax } = talk.facts();
      for (const { hex, wrong } of cborVectors().invalid) {
        const bytes = bytesOf(hex);
        if (bytes.length > messageMax) continue;
        const from = talk.heard.length;
        talk.say(bytes);
        await talk.saysNothing(`${wrong} (${hex.slice(0, 40)})`, from);
      }
    },
  },
  { chapter: 6, name: 'every invalid message of vectors/messages.json gets its verdict', check: invalidMessages },
  {
    chapter: 6,
    name: 'notices, cancels, replies and errors that nobody waits for are ignored',
    check: async (talk) => {
      for (const { name, hex, decoded } of messageVectors().valid) {
        if (decoded.type === 'request') continue;
        const from = talk.heard.length;
        talk.say(bytesOf(hex));
        await talk.saysNothing(name, from);
      }
    },
  },
  {
    chapter: 6,
    name: 'an odd id of the host is invalid_params',
    check: async (talk) => {
      talk.say({ type: 'request', id: 7, command: 'ping', body: { nonce: new Uint8Array(8) } });
      mustRefuse(await talk.answerTo(7, 'ping with id 7'), 'invalid_params', 'an odd id');
    },
  },
  {
    chapter: 7,
    name: 'ping gives its nonce back',
    check: async (talk) => {
      const nonce = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 0xff);
      const answer = await talk.ask('ping', { nonce });
      must(answer.type === 'reply' && answer.command === 'ping', `ping: ${nameOf(answer)}`);
      must(sameBytes(answer.body.nonce, nonce), 'another nonce');
    },
  },
  {
    chapter: 7,
    name: 'info says state, accounts and marks, and the notice of a new session the same state',
    check: async (talk) => {
      const from = talk.heard.length;
      await talk.greet();
      const answer = await talk.ask('info', {});
      must(answer.type === 'reply' && answer.command === 'info', `info: ${nameOf(answer)}`);
      const { state, accounts } = answer.body;
      must((state === 'ready') === accounts > 0 || state === 'locked', `state ${state} with ${accounts} accounts`);
      const said = talk.heard.slice(from).find((one) => one.type === 'notice' && one.notice === 'state');
      must(said?.type === 'notice' && said.notice === 'state', 'no state notice in a new session');
      must(said.body.state === state, `the notice says ${said.body.state}, info ${state}`);
    },
  },
  {
    chapter: 7,
    name: 'get_public_key gives the same key each time, and refuses an account that is not there',
    check: async (talk) => {
      const info = await talk.ask('info', {});
      const keys = [await talk.ask('get_public_key', { account: 0 }), await talk.ask('get_public_key', { account: 0 })];
      const [first, second] = keys.map((one) =>
        one.type === 'reply' && one.command === 'get_public_key' ? one.body.pubkey : null,
      );
      if (info.type === 'reply' && info.command === 'info' && info.body.state === 'ready') {
        must(first !== null && second !== null, 'a ready device has a key');
        must(first !== undefined && second !== undefined && sameBytes(first, second), 'two keys for one account');
        if (info.body.accounts >= 16) return;
        mustRefuse(await talk.ask('get_public_key', { account: 15 }), 'unknown_account', 'account 15');
      } else
        must(
          keys.every(({ type }) => type === 'error'),
          'a device that is not ready gave a key',
        );
    },
  },
  {
    chapter: 9,
    name: 'get_result of an id that was never used is unknown',
    check: async (talk) => {
      const answer = await talk.ask('get_result', { request: 0xffff_fffc });
      must(answer.type === 'reply' && answer.command === 'get_result', `get_result: ${nameOf(answer)}`);
      must(answer.body.state === 'unknown' && answer.body.request === 0xffff_fffc, `state ${answer.body.state}`);
    },
  },
  {
    chapter: 12,
    name: 'chunk_get and chunk_put of the host are unsupported',
    check: async (talk) => {
      talk.say({ type: 'request', id: 8, command: 'chunk_get', body: { request: 4, offset: 0, length: 1 } });
      mustRefuse(await talk.answerTo(8, 'chunk_get'), 'unsupported', 'chunk_get of the host');
      talk.say({
        type: 'request',
        id: 10,
        command: 'chunk_put',
        body: { request: 4, offset: 0, bytes: new Uint8Array(1) },
      });
      mustRefuse(await talk.answerTo(10, 'chunk_put'), 'unsupported', 'chunk_put of the host');
    },
  },
];

/**
 * The checks of the firmware, each with what takes it out: every `find` stands once in its file. An attack of one of the named classes then
 * wins; if none does, the suite could not have noticed that the check is gone.
 */
export type Edit = { readonly file: string; readonly find: string; readonly put: string };

type Mutant = { readonly name: string; readonly edits: readonly Edit[]; readonly wins: readonly string[] };

const inPolicy = (file: string, find: string, put: string): Edit => ({ file: `firmware/policy/${file}`, find, put });
const inFirmware = (file: string, find: string, put: string): Edit => ({ file: `firmware/${file}`, find, put });
const mutant = (name: string, wins: readonly string[], ...edits: readonly Edit[]): Mutant => ({ name, edits, wins });

export const mutants: readonly Mutant[] = [
  mutant(
    'signature',
    ['forge'],
    inFirmware('stream/client-event.ts', '!crypto.verifySchnorr(event.sig, eventId, event.client)', 'false'),
  ),
  mutant(
    'p tag',
    ['swap the client'],
    inFirmware('jobs/envelope.ts', 'return more.length === 0 ? keyOf(tag?.[1]) : null;', 'return keyOf(tag?.[1]);'),
  ),
  mutant(
    'floor',
    ['withhold'],
    inPolicy('clients.ts', "found === 'fresh' && createdAt <= record.since ? 'replayed' : found", 'found'),
  ),
  mutant('ring', ['replay'], inPolicy('ring.ts', 'if (hasId(block, id)) seen = true;', '')),
  mutant('closed seconds', ['replay'], inPolicy('ring.ts', 'after = close(after, date);', 'void date;')),
  mutant(
    'MAC',
    ['a wrong conversation key'],
    inFirmware('stream/nip44-stream.ts', 'equalBytes(mac.digest(), late)', 'true'),
  ),
  mutant(
    'chunk MAC',
    ['a chunk after it was shown'],
    inFirmware('stream/input.ts', '!sameBytes(mac, macs.subarray(n * macBytes, (n + 1) * macBytes))', 'false'),
  ),
  mutant(
    'account',
    ['swap the account'],
    inFirmware('apps/new-apps.ts', "command === 'nip46_request' && record.account !== body.account", 'false'),
    inFirmware('jobs/deciding.ts', 'accountOf(turn.state, record.account) !== account', 'false'),
  ),
  mutant(
    'approval value',
    ['a press for something else'],
    inFirmware('jobs/approval.ts', 'pressedAt < shown.drawnAt ||', ''),
  ),
  mutant(
    'pin',
    ['a second host'],
    inFirmware('channel/hosts.ts', 'hosts.some((host) => sameKey(host.key, key))', 'true'),
  ),
  mutant('count', ['limits'], inPolicy('grant.ts', 'uses === null ? null : uses - 1', 'uses')),
  mutant('rate', ['limits'], inPolicy('decide.ts', 'rateLeft(grant, now) > 0', 'true')),
  mutant('uptime of a time grant', ['time'], inPolicy('grant.ts', 'now < uptime &&', '')),
  mutant(
    'date of a time grant',
    ['time'],
    inPolicy('grant.ts', '(signed === null || createdAt <= signed)', 'true'),
    inPolicy('clients.ts', 'ends.signed === null || createdAt <= ends.signed', 'true'),
  ),
  mutant('session', ['time'], inPolicy('client-record.ts', 'grants.filter((grant) => !isOfSession(grant))', 'grants')),
  mutant(
    'kind',
    ['permissions'],
    inPolicy(
      'decide.ts',
      'grant.kind !== null && grant.kind === kind',
      "grant.verdict === 'allow' || grant.kind === kind",
    ),
  ),
  mutant('peer', ['permissions'], inPolicy('decide.ts', 'peer !== null && sameBytes(grant.peer, peer)', 'true')),
];

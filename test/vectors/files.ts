/** Every generated file of the protocol, by its path in the repository. */
import { cborVectors } from './cbor.ts';
import { schemaCddl } from './cddl.ts';
import { channelVectors } from './channel.ts';
import { clientVectors } from './clients.ts';
import { frameVectors } from './frames.ts';
import { freshnessVectors } from './freshness.ts';
import { grantHistories } from './grant-histories.ts';
import { grantVectors } from './grants.ts';
import { logVectors } from './log.ts';
import { helloVectors, messageVectors } from './messages.ts';
import { sessionVectors } from './sessions.ts';

export function generatedFiles(): Readonly<Record<string, string>> {
  return {
    'device-protocol/schema.cddl': schemaCddl(),
    'device-protocol/vectors/frames.json': json(frameVectors()),
    'device-protocol/vectors/cbor.json': json(cborVectors()),
    'device-protocol/vectors/hello.json': json(helloVectors()),
    'device-protocol/vectors/messages.json': json(messageVectors()),
    'device-protocol/vectors/channel.json': json(channelVectors()),
    'device-protocol/vectors/clients.json': json(clientVectors()),
    'device-protocol/vectors/freshness.json': json(freshnessVectors()),
    'device-protocol/vectors/grants.json': json({ ...grantVectors(), histories: grantHistories() }),
    'device-protocol/vectors/log.json': json(logVectors()),
    'device-protocol/vectors/sessions.json': json(sessionVectors()),
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}

/**
 * `sallyport watch`: what goes on, as it happens. For people the state when it changed and a line a request; with `--json` an object a
 * line, `{"status":…}` or `{"request":…}`. What the host sends is parsed as it comes: a piece may hold half an event.
 */
import { z } from 'zod';
import * as s from '../control/schemas.ts';
import { type Command, endingOf } from './io.ts';
import { statusText, whatText } from './show.ts';

const request = z.object({
  client: z.string(),
  method: z.string(),
  kind: z.number().optional(),
  outcome: z.string(),
});

/** The longest event: a status with all relays; what is longer is none of this host. */
const eventMax = 256 * 1024;

export async function watch(command: Command): Promise<void> {
  const { client, io } = command;
  const take = eventReader(command.json ? jsonLine : peopleLine());
  const end = await client.stream('GET /v0/watch', {}, (piece) => io.out(take(piece)), io.until);
  if (end.type !== 'ended') throw endingOf(end);
}

type Line = (name: string, data: unknown) => string;

/** Puts the pieces of a stream of server-sent events together; each whole event becomes text. */
export function eventReader(line: Line): (piece: string) => string {
  let rest = '';
  return (piece) => {
    const events = (rest + piece).split('\n\n');
    rest = events.pop() ?? '';
    if (rest.length > eventMax) throw new Error('What the host sent is no event.');
    return events.map((event) => textOf(event, line)).join('');
  };
}

/** Comments, which show that both ends are there, become nothing. */
function textOf(event: string, line: Line): string {
  const [, name = '', data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
  return name === '' ? '' : line(name, JSON.parse(data));
}

export function jsonLine(name: string, data: unknown): string {
  return `${JSON.stringify({ [name]: data })}\n`;
}

/** The state is said again only where it reads differently: the time in it always does. */
export function peopleLine(): Line {
  let said = '';
  return (name, data) => {
    if (name === 'request') {
      const { client, method, kind = null, outcome } = request.parse(data);
      return `· ${client}  ${whatText(method, kind)}  ${outcome.replaceAll('_', ' ')}\n`;
    }
    if (name !== 'status') return ''; // Of a newer host.
    const text = statusText(s.status.parse(data));
    if (text === said) return '';
    said = text;
    return text;
  };
}

/** `watch`: whatever pieces the stream comes in, whole events become lines, and the state is said when it changed. */
import { expect, test } from 'vitest';
import { eventReader, jsonLine, peopleLine } from '../../../host/src/cli/watching.ts';
import { pairedApp } from '../bridge-world.ts';
import { controlWorld } from '../control/control-world.ts';

const request = { client: 'abababab', method: 'sign_event', kind: 1, outcome: 'denied' };
const event = (name: string, data: unknown): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

test('people read a state when it changed, and a line a request', async (context) => {
  const { ask, world } = controlWorld(context);
  const status = async () => event('status', (await ask('GET /v0/status', '/v0/status')).said);
  const first = await status();
  pairedApp(world);
  const second = await status();
  const stream = `${first}: still here\n\n${event('request', request)}${first}${second}`;
  const take = eventReader(peopleLine());
  // One character at a time: the worst that a socket can do.
  const text = [...stream].map(take).join('');
  const lines = text.split('\n');
  expect(lines.filter((line) => line.startsWith('running'))).toHaveLength(2);
  expect(lines).toContain('· abababab  sign_event kind 1  denied');
  expect(lines.filter((line) => line.startsWith('apps'))).toEqual([
    'apps    0, 0 open requests',
    'apps    1, 0 open requests',
  ]);
});

test('programs read an object a line', () => {
  const take = eventReader(jsonLine);
  expect(take(event('request', request))).toBe(`${JSON.stringify({ request })}\n`);
});

test('a stream without an end of an event is none of the host', () => {
  const take = eventReader(jsonLine);
  expect(() => take('x'.repeat(300_000))).toThrow('no event');
});

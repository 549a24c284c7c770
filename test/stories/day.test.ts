/**
 * One day with the signer, in virtual time: relays come and go, the laptop sleeps, the device is unplugged and plugged back, it locks
 * itself, and what was allowed runs out. The diary is a golden file, and should read as a person would tell it.
 */
import { verifyEvent } from 'nostr-tools/pure';
import { expect, test } from 'vitest';
import { diary } from '../support/diary.ts';
import { fingers, type Key } from '../support/fingers.ts';
import { goldenText } from '../support/golden-screens.ts';
import { pin } from '../support/life-bench.ts';
import type { MemoryApp } from '../support/memory-app.ts';
import { away, makeWorld } from '../support/world.ts';

function aDay() {
  const world = makeWorld({ relays: ['wss://one.example', 'wss://two.example'], locked: true });
  const day = diary(world);
  world.human = away;
  world.pairs = away;
  const press = (key: Key): void => {
    day.pass(0.6); // nobody presses before the screen has named its keys
    world.device.press(key);
    day.pass(0.6);
  };
  const text = (): string => world.device.firmware().screen.rows.join('\n');
  const hands = fingers(press, text);
  const sent: { readonly app: MemoryApp; readonly id: unknown }[] = [];
  const posts = (app: MemoryApp, content: string, id: unknown = content): void => {
    const created_at = Math.floor(world.clock.now() / 1000);
    app.send('sign_event', [JSON.stringify({ kind: 1, created_at, tags: [], content })], { id });
    sent.push({ app, id });
    day.pass(1);
  };
  const turnsTo = (words: string): void => {
    for (let i = 0; i < 10 && !text().includes(words); i++) press('next');
    expect(text()).toContain(words);
  };
  const typesPin = (): void => {
    hands.pin(pin);
    day.pass(2);
  };
  return { world, day, press, turnsTo, posts, typesPin, sent };
}

test('from nine to eleven at night', () => {
  const { world, day, press, turnsTo, posts, typesPin, sent } = aDay();
  const [one, two = one] = world.relays;
  const coracle = world.stranger();
  day.follow(coracle, 'Coracle');

  day.at('09:00', 'I plug the signer in, start the host, and type my PIN.');
  press('next');
  typesPin();

  day.at('09:05', 'I paste a bunker line into Coracle, and press yes.');
  const params = [world.host().pubkey, world.newSecret('Coracle'), '', JSON.stringify({ name: 'Coracle' })];
  coracle.send('connect', params, { id: 'hello' });
  day.pass(2);
  press('approve');

  day.at('09:10', 'My first note. I look at it, and allow notes for an hour.');
  posts(coracle, 'good morning');
  turnsTo('Ask no more about this?');
  press('approve');
  turnsTo('▸ for 1 hour');
  press('approve');
  day.pass(2);

  day.at('09:20', 'A second note: nobody asks me.');
  posts(coracle, 'coffee');

  day.at(
    '09:45',
    'A third one. The device had locked itself meanwhile: what was allowed is over, and I am asked again.',
  );
  posts(coracle, 'back at my desk');
  typesPin();
  press('approve');
  day.pass(2);

  day.at('10:30', 'One of my relays is down for an hour. Coracle does not notice.');
  one.set('down');
  posts(coracle, 'hello?');
  typesPin();
  press('approve');
  day.pass(2);

  day.at('11:30', 'It is back.');
  one.set('up');

  day.at('12:00', 'The other one stops delivering, and answers pings as if nothing was.');
  two.mischief = (text, who) => (who === 'host' && text.startsWith('["EVENT"') ? [] : [{ text, ms: 0 }]);

  day.at('12:30', 'Coracle posts over the first one.');
  posts(coracle, 'lunch');
  typesPin();
  press('approve');
  day.pass(2);

  day.at('12:45', 'The other one was mended.');
  two.mischief = (text) => [{ text, ms: 0 }];

  day.at('13:00', 'I close the lid of the laptop.');
  world.host().sleep();

  day.at('13:30', 'Coracle asks, on my phone. Nobody can hear it.');
  posts(coracle, 'from the park');

  day.at('14:00', 'I open the lid. Coracle asks once more.');
  world.host().wake();
  day.pass(20);
  posts(coracle, 'from the park');
  typesPin();
  press('approve');
  day.pass(2);

  day.at('15:00', 'I pull the device out while it asks me something.');
  posts(coracle, 'on the train');
  typesPin();
  world.unplug();
  day.pass(15);

  day.at('15:10', 'I plug it back in, type my PIN, and Coracle tries again.');
  world.device.reboot();
  world.plug();
  day.pass(2);
  posts(coracle, 'on the train', 'on the train again');
  typesPin();
  press('approve');
  day.pass(2);

  day.at('20:00', 'Another app wants to encrypt a message in my name. It may not.');
  const other = world.stranger();
  day.follow(other, 'Reader');
  day.pass(1);
  const line = [world.host().pubkey, world.newSecret('Reader'), '', JSON.stringify({ name: 'Reader' })];
  other.send('connect', line, { id: 'hello' });
  day.pass(2);
  typesPin();
  press('approve');
  day.pass(2);
  other.send('nip44_encrypt', [coracle.pubkey, 'psst'], { id: 'whisper' });
  day.pass(2);
  press('deny');
  day.pass(2);

  day.at('23:00', 'Coracle asks, and I end the host instead of looking.');
  posts(coracle, 'good night');
  world.host().end();
  day.pass(2);
  goldenText('day', day.text());

  // What the diary cannot show: every request ended in one answer but the one that nobody could hear, and no signature was made twice.
  const deaf = sent.filter(({ id }) => id === 'from the park').length - 1;
  const answered = sent.map(({ app, id }) => new Set(app.answersTo(id).map(({ text }) => text)).size);
  expect(answered).toEqual(sent.map(() => 1));
  const events = coracle.inbox.map(({ json }) => String(json.result)).filter((result) => result.startsWith('{'));
  expect(new Set(events).size).toBe(sent.length - deaf - 2);
  for (const event of new Set(events)) expect(verifyEvent(JSON.parse(event))).toBe(true);
  expect(world.device.signatures).toHaveLength(new Set(events).size);
});

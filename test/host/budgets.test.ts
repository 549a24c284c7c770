/** The budgets of strangers and of paired apps: what is beyond is told, then dropped, and nobody pays for anybody else. */
import { describe, expect, test } from 'vitest';
import { charge, fullBudgets } from '../../host/src/core/bridge/app-budgets.ts';
import { noStrangers, spend } from '../../host/src/core/bridge/strangers.ts';
import { makeWorld, pairedApp, wire } from './bridge-world.ts';

const other = 'ab'.repeat(32);

describe('the budget of strangers', () => {
  test('a clock that is set back locks nobody out for longer than the budget takes to fill', () => {
    let strangers = noStrangers;
    for (let i = 0; i < 5; i++) strangers = spend(strangers, other, 1e12) ?? strangers;
    expect(spend(strangers, other, 1e12)).toBeNull();
    expect(spend(strangers, other, 5e11)).toBeNull();
    const later = spend(spend(strangers, other, 1e12 + 10_000) ?? noStrangers, other, 1e12 + 10_000);
    expect(later).toBeNull();
    expect(spend(strangers, other, 1e12 + 50_000)).not.toBeNull();
  });

  test('the table is bounded', () => {
    let strangers = noStrangers;
    for (let i = 0; i < 1_000; i++) strangers = spend(strangers, `${i}`, 1e12 + i * 1_000) ?? strangers;
    expect(strangers.fullAt.size).toBe(256);
  });
});

describe('the budget of an app', () => {
  test('a thousand requests at once are served, the next are told, then there is silence; other apps notice nothing', () => {
    const world = makeWorld();
    const [app, quiet] = [pairedApp(world), pairedApp(world)];
    // Nine hundred and ninety-five of them at the price of one.
    world.feed({ type: 'event', relay: 'wss://a', event: wire(app.event('ping', [])) });
    const budgets = charge(world.state().budgets, 'work', app.pubkey, 994 * 64 * 1024, world.now());
    world.alter({ ...world.state(), budgets: budgets ?? fullBudgets });
    for (let i = 0; i < 70; i++) app.send('ping', []);
    const results = app.inbox.map(({ json }) => json.result);
    expect(results.filter((result) => result === 'pong')).toHaveLength(1 + 4);
    expect(results.filter((result) => result === 'error')).toHaveLength(60);
    expect(world.notes().at(-1)).toBe('busy');
    expect(String(app.last().error)).toContain('faster');
    expect(world.state().drops.flooded).toBe(6);
    quiet.send('ping', []);
    expect(quiet.last().result).toBe('pong');
    world.pass(1_000);
    app.send('ping', []);
    expect(app.last().result).toBe('pong');
  });

  test('large events count as several, and what an app is told costs it none of its work', () => {
    const largest = 4.5 * 1024 * 1024;
    let budgets = fullBudgets;
    for (let i = 0; i < 13; i++) budgets = charge(budgets, 'work', other, largest, 1e12) ?? fullBudgets;
    expect(charge(budgets, 'work', other, largest, 1e12)).toBeNull();
    expect(charge(budgets, 'work', other, 100_000, 1e12)).not.toBeNull();
    for (let i = 0; i < 60; i++) budgets = charge(budgets, 'told', other, 0, 1e12) ?? fullBudgets;
    expect(charge(budgets, 'told', other, 0, 1e12)).toBeNull();
    expect(charge(budgets, 'work', other, 0, 1e12)).not.toBeNull();
    expect(charge(budgets, 'work', 'cd'.repeat(32), largest, 1e12)).not.toBeNull();
  });
});

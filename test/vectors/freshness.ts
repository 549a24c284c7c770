/**
 * freshness.json: what becomes of the events of one app, one after the other. Everything was verified already; `id` stands for the event
 * id whose first four bytes are that number, the rest zeros. `take` is a request, `pair` an app's own `connect` that the human approved,
 * `introduce` a pairing by the computer's word, `revoke` a revocation, `restart` a power cut. `count`: so many, one after the other, with
 * ids that go up by one and a created_at that goes up by `step`.
 */

export type Step =
  | {
      readonly do: 'take';
      readonly createdAt: number;
      readonly id: number;
      readonly count?: number;
      readonly step?: number;
      readonly result: 'taken' | 'replayed' | 'invalid_params';
    }
  | { readonly do: 'pair'; readonly createdAt: number; readonly id: number; readonly result: 'paired' | 'replayed' }
  | { readonly do: 'introduce'; readonly createdAt: number }
  | { readonly do: 'revoke' | 'restart' };

export type Sequence = { readonly name: string; readonly steps: readonly Step[] };

const day = 86_400;
const start = 1_700_000_000;

const take = (
  createdAt: number,
  id: number,
  result: 'taken' | 'replayed' | 'invalid_params',
  count = 1,
  step = 0,
): Step => ({
  do: 'take',
  createdAt,
  id,
  ...(count === 1 ? {} : { count, step }),
  result,
});
const pair = (createdAt: number, id: number, result: 'paired' | 'replayed' = 'paired'): Step => ({
  do: 'pair',
  createdAt,
  id,
  result,
});
const sequence = (name: string, ...steps: readonly Step[]): Sequence => ({ name, steps: [pair(start, 1), ...steps] });

export function freshnessVectors(): { readonly sequences: readonly Sequence[] } {
  return {
    sequences: [
      sequence(
        'each event once',
        take(start + 5, 2, 'taken'),
        take(start + 5, 2, 'replayed'),
        take(start + 5, 3, 'taken'),
      ),
      sequence(
        'the pairing begins at its connect',
        take(start - 1, 2, 'replayed'),
        take(start, 3, 'taken'),
        take(start, 1, 'replayed'),
        pair(start, 1, 'replayed'),
      ),
      sequence('later events may be older', take(start + 100, 2, 'taken'), take(start + 50, 3, 'taken')),
      sequence(
        'a burst of 500 in one second, each once',
        take(start + 7, 100, 'taken', 500),
        take(start + 7, 100, 'replayed', 500),
      ),
      sequence(
        'such a burst after others',
        take(start + 1, 100, 'taken', 1_000, 1),
        take(start + 2_000, 5_000, 'taken', 500),
        take(start + 2_000, 5_000, 'replayed', 500),
      ),
      sequence(
        'nothing is taken twice, however much came after it',
        take(start + 1, 100, 'taken', 3_000, 1),
        take(start + 1, 100, 'replayed', 3_000, 1),
      ),
      sequence(
        'what was taken is known after a power cut',
        take(start + 5, 2, 'taken'),
        { do: 'restart' },
        take(start + 5, 2, 'replayed'),
      ),
      sequence(
        'no second at all',
        take(start * 1_000, 2, 'invalid_params'),
        take(2 ** 32, 3, 'invalid_params'),
        take(start + 1, 4, 'taken'),
      ),
      sequence(
        'one wild date',
        take(start + 365 * day, 2, 'taken'),
        take(start + 1, 100, 'taken', 3_000, 1),
        take(start + 365 * day, 2, 'replayed'),
      ),
      sequence(
        'a clock that was wrong for long',
        take(start + 365 * day, 100, 'taken', 2_000, 1),
        take(start + 10, 5_000, 'taken', 2_000, 1),
        take(start + 365 * day, 100, 'replayed', 2_000, 1),
      ),
      sequence(
        'after a revocation',
        take(start + 5, 2, 'taken'),
        { do: 'revoke' },
        pair(start, 1, 'replayed'),
        pair(start + 5, 3),
        take(start + 5, 2, 'replayed'),
        take(start + 4, 4, 'replayed'),
        take(start + 5, 5, 'taken'),
      ),
      sequence(
        'a computer that lies about the date of an introduction',
        take(start + 5, 2, 'taken'),
        { do: 'revoke' },
        { do: 'introduce', createdAt: 5 },
        take(start - 1, 3, 'replayed'),
        take(start + 5, 2, 'replayed'),
        take(start + 6, 4, 'taken'),
      ),
      {
        name: 'paired at a wild date, and helped by pairing again',
        steps: [
          pair(start + 3_650 * day, 1),
          take(start + 1, 2, 'replayed'),
          pair(start, 3),
          take(start + 1, 2, 'taken'),
          take(start + 3_650 * day, 1, 'replayed'),
        ],
      },
    ],
  };
}

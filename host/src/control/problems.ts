/** Why the control API did not do what it was asked. */

/** Why nothing was done, with the HTTP status that says so. */
export type Problem = {
  readonly problem: 404 | 409;
  readonly code: string;
  readonly words: string;
  readonly advice: string;
};

export function no(problem: 404 | 409, code: string, words: string, advice = ''): Problem {
  return { problem, code, words, advice };
}

export const noApp = no(404, 'no_app', 'There is no paired app with this key.', '"sallyport apps" lists them.');

export const noRelay = no(409, 'malformed', 'This is no relay address.', 'One looks like wss://relay.example.com.');

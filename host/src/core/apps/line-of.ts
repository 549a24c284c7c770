/** Which line an app speaks to, or a one-time secret is shown at: by its name the key is found that is asked. */
import type { App, Secret } from './sessions.ts';

/** In place of a line: the user key, which is no key of ours. */
export const userLine = 'user';

/** The line whose key an app speaks to, or that a secret is shown at; empty: the main one. */
export const lineOfApp = ({ secretHash, ...to }: Pick<App, 'secretHash' | Whose>): string => lineOf(secretHash, to);
export const lineOfSecret = ({ hash, ...to }: Pick<Secret, 'hash' | Whose>): string => lineOf(hash, to);

type Whose = 'ownKey' | 'addressed';
function lineOf(hash: string, { ownKey, addressed }: Pick<Secret, Whose>): string {
  return addressed === true ? userLine : ownKey ? hash : '';
}

/** The web address of this host, as the machines know it. */

/** `url` is the origin under which others know it. `logins`: apps may ask without a bunker line, and a person is sent there; null: they may not. */
export type Web = { readonly url: string; readonly logins: Logins | null };

/** `account` is the one where an app does not say which; `key` is random and this run's own: addresses are made with it that nobody can guess. `emailKey` is the same in every run. */
export type Logins = { readonly account: number; readonly key: Uint8Array; readonly emailKey: Uint8Array };

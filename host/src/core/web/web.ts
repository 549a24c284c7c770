/** The web address of this host, as the machines know it. */

/** `url` is the origin under which others know it. */
export type Web = { readonly url: string };

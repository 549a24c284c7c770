/** What an app is called on this page. */
import { texts } from '../texts.ts';

/** The name as the app gave it, or its key; nothing in it may turn around what stands beside it (`bdi`). */
export function nameOf({ client, name }: { readonly client: string; readonly name: string }): string {
  return name === '' ? texts.apps.nameless(client) : name;
}

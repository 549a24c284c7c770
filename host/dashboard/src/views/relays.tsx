/** The view "Relays". */
import { texts } from '../texts.ts';

export function Relays() {
  return <h2>{texts.tabs.relays}</h2>;
}

/** The view "Settings". */
import { texts } from '../texts.ts';

export function Settings() {
  return <h2>{texts.tabs.settings}</h2>;
}

/** The view "Activity". */
import { texts } from '../texts.ts';

export function Activity() {
  return <h2>{texts.tabs.activity}</h2>;
}

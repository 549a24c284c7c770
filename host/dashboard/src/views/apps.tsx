/** The view "Apps". */
import { texts } from '../texts.ts';

export function Apps() {
  return <h2>{texts.tabs.apps}</h2>;
}

/** The view "Overview". */
import { texts } from '../texts.ts';

export function Overview() {
  return <h2>{texts.tabs.overview}</h2>;
}

/** The view "Device". */
import { texts } from '../texts.ts';

export function Device() {
  return <h2>{texts.tabs.device}</h2>;
}

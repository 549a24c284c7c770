/** Why a request came to what it came to, in words for whoever asks later. */
import type { NoteEffect } from '../bridge/bridge-state.ts';

/** The words of a refusal; or who said yes. */
export function whyOf({ why, outcome, method, way }: NoteEffect): string {
  if (why !== '') return why;
  switch (outcome) {
    case 'repeated':
      return 'It had been answered before: the app got the same answer again, and nobody was asked.';
    case 'paired':
      return 'The app showed a one-time secret, and its pairing was confirmed.';
    case 'unpaired':
      return method === 'revoke' ? 'The user ended the session of the app.' : 'The app logged out.';
    default:
      return way.sentAt === null
        ? 'The host answered it without asking the device.'
        : 'The device did it: its human approved it there, or had allowed it before.';
  }
}

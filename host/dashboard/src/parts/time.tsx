/** Times as people read them: how long still, and when. */
import { now } from '../live.ts';

/** Counts down to `until` (ms): `1:07`, `2 h 3 min`. Not read out at every second. */
export function Countdown({ until }: { readonly until: number }) {
  return <time dateTime={new Date(until).toISOString()}>{left(until - now.value)}</time>;
}

export function left(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 600) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} days`;
}

/** A moment, in the user's own way of writing it. */
export function Moment({ at }: { readonly at: number }) {
  return <time dateTime={new Date(at).toISOString()}>{new Date(at).toLocaleString()}</time>;
}

/**
 * The seconds of which an app's requests are not taken any more: everything up to a floor, and a few spans above it. Pure.
 *
 * What falls out of the ring closes its second. A floor alone would do, if clocks of apps were right: then it would rise with them. But
 * the device has no clock to check a date by, and one request dated a year ahead would lock its app out for a year. So the rule is:
 *
 *     A second that is at most `joinSeconds` beyond what is closed joins it, and closes what lies between. One that is further ahead
 *     closes a span of its own, and leaves what lies between open: no request of there was ever taken and forgotten. Only when there
 *     are more than `spansMax` of them does the floor rise over the lowest.
 *
 * So a pause of the app, which opens a new span with every morning, lets the floor follow a few pauses behind; and a wild date costs
 * the app at most the minutes around it. What was once closed is never opened: every request that was ever taken is in the ring or in a
 * closed second.
 */

/** Ascending, apart from each other by more than `joinSeconds`; both ends are closed. */
export type Span = { readonly from: number; readonly to: number };
export type Closed = { readonly floor: number; readonly spans: readonly Span[] };

/** An app's clock that jumps by less than this loses at most this; more spans than needed would cost more than it saves. */
export const joinSeconds = 600;
/** As many pauses or wild dates as are told apart. */
export const spansMax = 8;
/** Dates from 2106 on are those of an app that counts milliseconds: four bytes hold the others. */
export const createdAtMax = 0xffff_ffff;

export function isClosed({ floor, spans }: Closed, createdAt: number): boolean {
  return createdAt <= floor || spans.some(({ from, to }) => from <= createdAt && createdAt <= to);
}

/** Closes a second, by the rule above. */
export function close(closed: Closed, createdAt: number): Closed {
  if (isClosed(closed, createdAt)) return closed;
  const spans: Span[] = [];
  let span: Span = { from: createdAt, to: createdAt };
  for (const one of closed.spans) {
    const near = one.from - span.to <= joinSeconds && span.from - one.to <= joinSeconds;
    if (near) span = { from: Math.min(one.from, span.from), to: Math.max(one.to, span.to) };
    else spans.push(one);
  }
  spans.push(span);
  return settled(
    closed.floor,
    spans.sort((a, b) => a.from - b.from),
  );
}

/** The floor takes the spans that it reaches, and the lowest of too many. */
function settled(floor: number, spans: readonly Span[]): Closed {
  const [lowest, ...others] = spans;
  if (lowest === undefined) return { floor, spans };
  const joins = lowest.from - floor <= joinSeconds || spans.length > spansMax;
  return joins ? settled(Math.max(floor, lowest.to), others) : { floor, spans };
}

/**
 * Lines for whoever reads the program's output: what is said in one turn of the program is written at once, and while one thing follows
 * upon the other a write is made every `pauseMs`. Each wakes the reader, and a burst of requests says hundreds of lines. What gathers
 * meanwhile is bounded by what is let in: strangers and apps have budgets, and what is dropped says no line.
 */

/** Nobody reads faster. */
export const pauseMs = 50;

/** Takes lines without their ends; `write` gets whole ones, and all of them by the end of the program. */
export function linesTogether(write: (text: string) => void): (line: string) => void {
  let waiting = '';
  let wroteAt = Number.NEGATIVE_INFINITY;
  const leave = (): void => {
    if (waiting !== '') write(waiting);
    waiting = '';
    wroteAt = performance.now();
  };
  process.once('exit', leave);
  return (line) => {
    if (waiting === '') {
      const rest = wroteAt + pauseMs - performance.now();
      if (rest > 0) setTimeout(leave, rest);
      else setImmediate(leave);
    }
    waiting += `${line}\n`;
  };
}

/** Runs the seeds `first` to `first + count - 1` and nothing else: the process whose coverage is taken. */
import { targetOf } from './fuzz.ts';

const [first = 1, count = 0] = process.argv.slice(2).map(Number);
for (let seed = first; seed < first + count; seed++) targetOf(seed).fuzz(seed);

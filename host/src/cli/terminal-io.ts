/** The world of a command in a terminal, or in a pipe. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Io } from './io.ts';

/** Ctrl-C ends a command that goes on by itself. A reader that is gone (`… | head -1`) is its end, too. */
export function terminalIo(): Io {
  const ending = new AbortController();
  process.once('SIGINT', () => ending.abort());
  process.stdout.on('error', (problem: NodeJS.ErrnoException) => {
    if (problem.code === 'EPIPE') process.exit(0);
    throw problem;
  });
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    asks: process.stdin.isTTY === true && process.stderr.isTTY === true,
    secret: askHidden,
    stdin: readAll,
    until: ending.signal,
  };
}

/** Twice what a device could sign, so that too much is said by name. */
const stdinMax = 2 * 1024 * 1024;

async function readAll(): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of process.stdin) {
    const part = Buffer.from(piece);
    bytes += part.length;
    if (bytes > stdinMax) throw new Error('What comes on stdin is larger than any device could sign.');
    pieces.push(part);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** A line that is not echoed: readline echoes to a stream that swallows it. */
async function askHidden(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  process.stderr.write(question);
  const answer = await new Promise<string>((settle) => lines.question('', settle));
  lines.close();
  process.stderr.write('\n');
  return answer;
}

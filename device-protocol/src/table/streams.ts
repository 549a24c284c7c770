/** The rows of streams: the device pulls what does not fit a request, and pushes what does not fit a reply. */
import { limits } from '../limits.ts';
import { bytes, field, map, uint } from '../schema.ts';
import { type CommandRow, refused, requestId } from './parts.ts';

export const streamCommands = {
  /** The device pulls a piece of an input of an open request. The host answers exactly the bytes asked for. */
  chunk_get: {
    code: 0x60,
    by: 'device',
    asksHuman: false,
    request: map(
      {
        request: field(0, requestId),
        offset: field(1, uint(limits.requestStreamMax)),
        length: field(2, uint(limits.chunkMax)),
      },
      refused,
    ),
    reply: map({ bytes: field(0, bytes(1, limits.chunkMax)) }, refused),
  },
  /** The device pushes a piece of an output, in order and without gaps, before it answers the request itself. */
  chunk_put: {
    code: 0x61,
    by: 'device',
    asksHuman: false,
    request: map(
      {
        request: field(0, requestId),
        offset: field(1, uint(limits.resultMax)),
        bytes: field(2, bytes(1, limits.chunkMax)),
      },
      refused,
    ),
    reply: map({}, refused),
  },
} as const satisfies Readonly<Record<string, CommandRow>>;

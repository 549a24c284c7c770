/**
 * Messages: what travels inside a link session, as deterministic CBOR `{0: type, 1: id, 2: code, 3: body}`.
 *
 *     request 0 · reply 1 · error 2 · notice 3 · cancel 4
 *
 * A request of the host has an even id, one of the device an odd id; reply, error and cancel carry the id and code of their
 * request, a notice has id 0. Parsing gives closed types or says what is wrong; nothing half-parsed gets further.
 */
import { type Cbor, decodeCbor, encodeCbor } from './cbor/cbor.ts';
import { type Command, commands, helloBody, helloRequestBody, notices } from './commands.ts';
import { type DeviceError, deviceErrors } from './errors.ts';
import { limits } from './limits.ts';
import { field, Mismatch, map, type Of, optional, type Schema, text } from './schema.ts';

export type { Command } from './commands.ts';
export type Notice = keyof typeof notices;
export type RequestOf<C extends Command> = Of<(typeof commands)[C]['request']>;
export type ReplyOf<C extends Command> = Of<(typeof commands)[C]['reply']>;
export type NoticeOf<N extends Notice> = Of<(typeof notices)[N]['body']>;
export type Hello = Of<typeof helloBody>;
export type HelloRequest = Of<typeof helloRequestBody>;
/** Commands that one side asks for. */
export type CommandBy<S extends 'host' | 'device'> = {
  [C in Command]: (typeof commands)[C]['by'] extends S ? C : never;
}[Command];

/** Distributes over the names, so that `command` tells the type of `body`. */
export type Request<C extends Command = Command> = C extends Command
  ? { readonly type: 'request'; readonly id: number; readonly command: C; readonly body: RequestOf<C> }
  : never;
export type Reply<C extends Command = Command> = C extends Command
  ? { readonly type: 'reply'; readonly id: number; readonly command: C; readonly body: ReplyOf<C> }
  : never;
export type ErrorMessage = {
  readonly type: 'error';
  readonly id: number;
  readonly command: Command;
  readonly error: DeviceError;
  readonly detail?: string;
};
export type NoticeMessage<N extends Notice = Notice> = N extends Notice
  ? { readonly type: 'notice'; readonly notice: N; readonly body: NoticeOf<N> }
  : never;
export type Cancel = { readonly type: 'cancel'; readonly id: number; readonly command: Command };
export type Message = Request | Reply | ErrorMessage | NoticeMessage | Cancel;

/**
 * A message that could not be parsed. When type, id and code could be read, they are here, so that a request still gets its
 * error; `ignorable` marks what a later version may send unasked (an unknown notice).
 */
export type Unreadable = {
  readonly type: 'unreadable';
  readonly error: DeviceError;
  readonly detail: string;
  readonly request?: { readonly id: number; readonly code: number };
  readonly ignorable: boolean;
};

const types = { request: 0, reply: 1, error: 2, notice: 3, cancel: 4 } as const;
/** The body of an error message. */
export const errorBody = map(
  {
    code: field(0, { parse: parseError, write: writeError, cddl: 'error-code' }),
    detail: optional(1, text(limits.detailMax)),
  },
  'ignored',
);
const commandsByCode: ReadonlyMap<number, Command> = new Map(entries(commands).map(([name, row]) => [row.code, name]));
const noticesByCode: ReadonlyMap<number, Notice> = new Map(entries(notices).map(([name, row]) => [row.code, name]));
const errorsByCode: ReadonlyMap<number, DeviceError> = new Map(
  entries(deviceErrors).map(([name, row]) => [row.code, name]),
);

/** The bytes of a message. A body outside its schema, or a message over the limit, is a fault. */
export function encodeMessage(message: Message): Uint8Array {
  const bytes = encodeCbor(new Map<number, Cbor>(envelope(message)));
  if (bytes.length > limits.messageMax) throw new Error(`a message of ${bytes.length} bytes is over the limit`);
  return bytes;
}

/** The bytes of an error for a request whose command is not known here: only its numbers are. */
export function encodeErrorFor(id: number, code: number, error: DeviceError, detail = ''): Uint8Array {
  const body = errorBody.write(detail === '' ? { code: error } : { code: error, detail: clip(detail) });
  return encodeCbor(
    new Map<number, Cbor>([
      [0, types.error],
      [1, id],
      [2, code],
      [3, body],
    ]),
  );
}

/** Parses a message. */
export function decodeMessage(bytes: Uint8Array): Message | Unreadable {
  const decoded = decodeCbor(bytes);
  if ('wrong' in decoded) return unreadable('malformed', `${decoded.wrong} at byte ${decoded.offset}`);
  const outer = decoded.value;
  if (!(outer instanceof Map)) return unreadable('malformed', 'not a map');
  const [type, id, code, body] = [0, 1, 2, 3].map((key) => outer.get(key));
  if (typeof type !== 'number' || typeof id !== 'number' || typeof code !== 'number' || id > 0xffff_ffff) {
    return unreadable('malformed', 'type, id and code must be unsigned integers');
  }
  const request = type === types.request ? { id, code } : undefined;
  try {
    if (type === types.notice) return parseNotice(code, body);
    return parseAbout(type, id, code, body) ?? unreadable('unsupported', `code ${code}`, request);
  } catch (problem) {
    if (!(problem instanceof Mismatch)) throw problem;
    return unreadable('invalid_params', problem.message, request);
  }
}

/** The payload of a hello frame, and of the request for one. */
export const hello = { encode: (body: Hello) => encodeCbor(helloBody.write(body)), decode: parseWith(helloBody) };
export const helloRequest = {
  encode: (body: HelloRequest) => encodeCbor(helloRequestBody.write(body)),
  decode: parseWith(helloRequestBody),
};

function envelope(message: Message): [number, Cbor][] {
  if (message.type === 'notice') {
    const row: { code: number; body: Schema<never> } = erase(notices[message.notice]);
    return [
      [0, types.notice],
      [1, 0],
      [2, row.code],
      [3, row.body.write(message.body as never)],
    ];
  }
  const head: [number, Cbor][] = [
    [0, types[message.type]],
    [1, message.id],
    [2, commands[message.command].code],
  ];
  if (message.type === 'cancel') return head;
  if (message.type === 'error') {
    const detail = message.detail === undefined ? {} : { detail: clip(message.detail) };
    return [...head, [3, errorBody.write({ code: message.error, ...detail })]];
  }
  const row: { request: Schema<never>; reply: Schema<never> } = erase(commands[message.command]);
  return [...head, [3, row[message.type].write(message.body as never)]];
}

function parseNotice(code: number, body: Cbor | undefined): Message | Unreadable {
  const notice = noticesByCode.get(code);
  if (notice === undefined) return { ...unreadable('unsupported', `notice ${code}`), ignorable: true };
  const schema: Schema<unknown> = erase(notices[notice].body);
  return { type: 'notice', notice, body: schema.parse(present(body), notice) } as NoticeMessage;
}

function parseAbout(type: number, id: number, code: number, body: Cbor | undefined): Message | null {
  const command = commandsByCode.get(code);
  if (command === undefined) return null;
  if (type === types.cancel) return { type: 'cancel', id, command };
  if (type === types.error) {
    const { code: error, detail } = errorBody.parse(present(body), 'error');
    return { type: 'error', id, command, error, ...(detail === undefined ? {} : { detail }) };
  }
  if (type !== types.request && type !== types.reply) throw new Mismatch(`type ${type} is not known`);
  const name = type === types.request ? 'request' : 'reply';
  const schema: Schema<unknown> = erase(commands[command][name]);
  return { type: name, id, command, body: schema.parse(present(body), command) } as Request | Reply;
}

function present(body: Cbor | undefined): Cbor {
  if (body === undefined) throw new Mismatch('the body is missing');
  return body;
}

function unreadable(error: DeviceError, detail: string, request?: { id: number; code: number }): Unreadable {
  return { type: 'unreadable', error, detail, ignorable: false, ...(request === undefined ? {} : { request }) };
}

/** An error number that a later version added is still an error: it counts as a refused value. */
function parseError(value: Cbor, at: string): DeviceError {
  if (typeof value !== 'number') throw new Mismatch(`${at}: expected an error number`);
  return errorsByCode.get(value) ?? 'invalid_params';
}

function writeError(error: DeviceError): Cbor {
  return deviceErrors[error].code;
}

function parseWith<T>(schema: Schema<T>): (bytes: Uint8Array) => T | null {
  return (bytes) => {
    const decoded = decodeCbor(bytes);
    if ('wrong' in decoded) return null;
    try {
      return schema.parse(decoded.value, 'hello');
    } catch (problem) {
      if (!(problem instanceof Mismatch)) throw problem;
      return null;
    }
  };
}

/** Texts in errors are ASCII of ours; cut to the limit. */
function clip(detail: string): string {
  return detail.slice(0, limits.detailMax);
}

function entries<T extends object>(table: T): [keyof T & string, T[keyof T]][] {
  return Object.entries(table) as [keyof T & string, T[keyof T]][];
}

/** The rows of a table have different types; which one belongs to a name is kept by the types of `Message`. */
function erase<T>(row: unknown): T {
  return row as T;
}

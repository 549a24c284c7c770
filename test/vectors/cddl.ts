/** schema.cddl: the schemas of the table as RFC 8610 text, under the envelope that messages.ts reads and writes. */
import { commands, helloBody, helloRequestBody, notices } from '../../device-protocol/src/commands.ts';
import { deviceErrors } from '../../device-protocol/src/errors.ts';
import { errorBody } from '../../device-protocol/src/messages.ts';

const head = `; The Sallyport device protocol, version 1: payloads and messages. Generated from device-protocol/src; PROTOCOL.md says the rest.
; Everything is deterministic CBOR (RFC 8949 section 4.2) of the subset in PROTOCOL.md: no tags, floats, null or negative integers.
`;

const envelope = `message = request / reply / error / notice / cancel

host-id = uint32   ; even
device-id = uint32 ; odd
id = host-id / device-id
uint32 = 0..4294967295
command = 0..9007199254740991

; Keys that are not listed are ignored in the envelope.
cancel = {
  0: 4, ; type
  1: id,
  2: command, ; of the request
  * uint => any,
}

error = {
  0: 2, ; type
  1: id,
  2: command, ; of the request
  3: error-body,
  * uint => any,
}

; The input of sign_event: an event in the order of NIP-01, without its pubkey.
event = [
  created_at: 0..9007199254740991,
  kind: 0..65535,
  tags: [ * [ * tstr ] ],
  content: tstr,
]
`;

export function schemaCddl(): string {
  const rows = Object.entries(commands);
  const errors = Object.entries(deviceErrors).map(([name, { code }], i) => `${i === 0 ? ' ' : '/'} ${code} ; ${name}`);
  return [
    head,
    envelope,
    rule('error-body', errorBody.cddl),
    // A number of a later version is an error too.
    `error-code =\n  ${[...errors, '/ uint ; of a later version'].join('\n  ')}\n`,
    '; The payloads of hello_request and hello frames.',
    rule('hello-request', helloRequestBody.cddl),
    rule('hello', helloBody.cddl),
    choice(
      'request',
      rows.map(([name]) => `${dashed(name)}-request`),
    ),
    choice(
      'reply',
      rows.map(([name]) => `${dashed(name)}-reply`),
    ),
    choice(
      'notice',
      Object.keys(notices).map((name) => `${dashed(name)}-notice`),
    ),
    ...rows.flatMap(([name, { code, by, request, reply }]) => [
      message(`${dashed(name)}-request`, 0, `${by}-id`, code, request.cddl),
      message(`${dashed(name)}-reply`, 1, `${by}-id`, code, reply.cddl),
    ]),
    ...Object.entries(notices).map(([name, { code, body }]) =>
      message(`${dashed(name)}-notice`, 3, '0', code, body.cddl),
    ),
  ].join('\n');
}

function message(name: string, type: number, id: string, code: number, body: string): string {
  const number = `0x${code.toString(16).padStart(2, '0')}`;
  const inner = body.replace(/\n/g, '\n  ');
  return rule(
    name,
    `{\n  0: ${type}, ; type\n  1: ${id},\n  2: ${number}, ; code\n  3: ${inner},\n  * uint => any,\n}`,
  );
}

function rule(name: string, right: string): string {
  return `${name} = ${right}\n`;
}

function choice(name: string, names: readonly string[]): string {
  return `${name} =\n    ${names.join('\n  / ')}\n`;
}

function dashed(name: string): string {
  return name.replaceAll('_', '-');
}

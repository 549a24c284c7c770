/** The device protocol. PROTOCOL.md specifies it; the folders follow its chapters: link, cbor, table (the commands), channel. */
export { type Cbor, decodeCbor, encodeCbor } from './cbor/cbor.ts';
export { type GateBounds, type GateRefusal, gate, messageBounds, streamBounds } from './cbor/gate.ts';
export * from './channel/channel.ts';
export {
  complete,
  finish,
  type Handshake,
  initiate,
  type NoiseEnd,
  type NoiseStart,
  respond,
} from './channel/noise.ts';
export * from './channel/pairing.ts';
export * from './channel/x25519.ts';
export {
  type AskingCommand,
  capabilities,
  commands,
  helloBody,
  helloRequestBody,
  isTextCommand,
  neverSigned,
  notices,
  protocolVersion,
  type TextCommand,
} from './commands.ts';
export { type DeviceError, deviceErrors } from './errors.ts';
export { frameOverhead, limits } from './limits.ts';
export * from './link/arq.ts';
export { cobsDecode, cobsEncode } from './link/cobs.ts';
export { crc32 } from './link/crc32.ts';
export * from './link/device-link.ts';
export * from './link/frame.ts';
export * from './link/host-link.ts';
export { prologueOf } from './link/prologue.ts';
export * from './messages.ts';
export { Mismatch, type Of, type Schema } from './schema.ts';
export * from './utf8.ts';

/** The vectors of the protocol, as a maker of other firmware reads them: from the files. */
import { readFileSync } from 'node:fs';

type Row = { readonly name: string; readonly hex: string };
type MessageVectors = {
  readonly valid: readonly (Row & { readonly decoded: { readonly type: string; readonly command?: string } })[];
  readonly invalid: readonly (Row & {
    readonly error: string;
    readonly answered: { readonly id: number; readonly code: number } | null;
  })[];
};
type HelloVectors = { readonly hello_request: { readonly valid: readonly Row[]; readonly invalid: readonly Row[] } };
type CborVectors = { readonly invalid: readonly { readonly hex: string; readonly wrong: string }[] };
type FrameVectors = {
  readonly frames: { readonly invalid: readonly { readonly name: string; readonly wire: string }[] };
};

export const messageVectors = (): MessageVectors => read('messages');
export const helloVectors = (): HelloVectors => read('hello');
export const cborVectors = (): CborVectors => read('cbor');
export const frameVectors = (): FrameVectors => read('frames');

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

/** The files are of this repository and held to their shape by their own tests. */
function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../device-protocol/vectors/${name}.json`, import.meta.url), 'utf8'));
}

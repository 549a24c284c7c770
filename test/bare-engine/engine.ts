/**
 * QuickJS with nothing around it: a JavaScript engine of the size that fits a microcontroller, compiled to WebAssembly. The firmware
 * runs inside and sees the language only; this file is the wall, and bytes cross it as hex.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import {
  newQuickJSWASMModule,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  RELEASE_SYNC,
} from 'quickjs-emscripten';
import type { Env } from '../../firmware-sim/src/firmware/env.ts';
import { writeKeys } from '../../firmware-sim/src/firmware/formats/keys.ts';
import { bytesFrom, chance } from '../support/random.ts';

/** What one step did: frames and the last screen, and when the next tick is due. */
export type Did = {
  readonly wire: readonly Uint8Array[];
  readonly screen: readonly string[] | null;
  readonly due: number | null;
};

export type BareEngine = {
  readonly first: Did;
  readonly platform: readonly string[];
  readonly bytes: (bytes: Uint8Array, now: number) => Did;
  readonly press: (key: 'approve' | 'deny' | 'next' | 'back', now: number) => Did;
  readonly tick: (now: number) => Did;
  /** Bytes of the engine's memory below the highest one that it ever used: code, stack and the heap at its peak. */
  readonly peak: () => number;
  /** Takes up the room that was used and is free again: from now on whatever is needed raises the peak. */
  readonly fill: () => void;
  readonly stop: () => void;
};

export type EngineOptions = {
  /** The one file of bundle.ts. */
  readonly code: string;
  readonly flash: ReadonlyMap<string, Uint8Array>;
  /** The curve of the board, outside the engine; null: the portable one, inside. */
  readonly curve: Env['crypto'] | null;
};

/** A flash with the throwaway key of the tests. */
export function demoFlash(): ReadonlyMap<string, Uint8Array> {
  const flash = new Map<string, Uint8Array>();
  const write = (name: string, value: Uint8Array): void => void flash.set(name, value.slice());
  writeKeys({ write }, { entropy: new Uint8Array(32).fill(7), demo: true });
  return flash;
}

/** Starts the firmware in an engine of its own. */
export async function bareEngine({ code, flash, curve }: EngineOptions): Promise<BareEngine> {
  // A memory of its own, so that what one story used is not there in the next.
  const wasmMemory = new WebAssembly.Memory({ initial: pagesAtFirst, maximum: pagesMax });
  const runtime = (await newQuickJSWASMModule(newVariant(RELEASE_SYNC, { wasmMemory }))).newRuntime();
  const context = runtime.newContext();
  const done: Doing = { wire: [], screen: null };
  const dispose = (): void => {
    context.dispose();
    runtime.dispose();
  };
  try {
    run(context, code);
    wall(context, new Map(flash), curve, done);
    run(context, 'globalThis.device = firmware.start(env)');
  } catch (problem) {
    dispose();
    throw problem;
  }
  const device = context.getProp(context.global, 'device');
  const ask = (name: string, ...args: QuickJSHandle[]): Did => {
    const result = context.getProp(device, name).consume((action) => context.callFunction(action, device, ...args));
    for (const arg of args) arg.dispose();
    const due = unwrapped(context, result).consume((value) => context.dump(value));
    return taken(done, typeof due === 'number' ? due : null);
  };
  return {
    first: taken(done, null),
    platform: JSON.parse(run(context, 'JSON.stringify(firmware.platform())')),
    bytes: (bytes, now) => ask('bytes', context.newArrayBuffer(bytes.slice().buffer), context.newNumber(now)),
    press: (key, now) => ask('press', context.newString(key), context.newNumber(now)),
    tick: (now) => ask('tick', context.newNumber(now)),
    peak: () => highestUsed(wasmMemory),
    fill: () => {
      for (const bytes of [16_384, 4_096, 1_024, 256, 32]) fillHoles(context, wasmMemory, bytes);
    },
    stop: () => {
      device.dispose();
      dispose();
    },
  };
}

/** Pages of WebAssembly are 64 KiB: the 16 MiB that the engine was built to begin with, and as much as no story needs. */
const pagesAtFirst = 256;
const pagesMax = 4096;

/** Memory starts as zeros and the heap grows from below: the highest byte that is none marks the peak. */
function highestUsed(memory: WebAssembly.Memory): number {
  const words = new Uint32Array(memory.buffer);
  let top = words.length;
  while (top > 0 && words[top - 1] === 0) top--;
  return top * 4;
}

/** Blocks of one size, none of them zeros, until they stand on top: what holes are left are smaller. */
function fillHoles(context: QuickJSContext, memory: WebAssembly.Memory, bytes: number): void {
  const begun = highestUsed(memory);
  while (highestUsed(memory) < begun + Math.max(bytes, onTop)) {
    const block = `{ bytes: new Uint8Array(${bytes}).fill(1), next: globalThis.ballast }`;
    run(context, `for (let i = 0; i < 16; i++) globalThis.ballast = ${block}; ''`);
  }
}

/** More than running one line of code takes for itself. */
const onTop = 4_096;

function run(context: QuickJSContext, code: string): string {
  return unwrapped(context, context.evalCode(code, 'firmware.js')).consume((value) => context.getString(value));
}

function unwrapped(context: QuickJSContext, result: ReturnType<QuickJSContext['evalCode']>): QuickJSHandle {
  if (result.error === undefined) return result.value;
  const { name, message, stack } = context.dump(result.error);
  result.error.dispose();
  throw new Error(`in the engine: ${name}: ${message}\n${stack}`);
}

/** What the step under way did so far. */
type Doing = { wire: Uint8Array[]; screen: readonly string[] | null };

function taken(done: Doing, due: number | null): Did {
  const { wire, screen } = done;
  Object.assign(done, { wire: [], screen: null });
  return { wire, screen, due };
}

/** The board, made of functions of this side. */
function wall(context: QuickJSContext, flash: Map<string, Uint8Array>, curve: Env['crypto'] | null, done: Doing): void {
  const random = bytesFrom(chance(9));
  const hex = (value: Uint8Array | null | undefined) =>
    value === null || value === undefined ? context.null : context.newString(bytesToHex(value));
  const bytes = (handle: QuickJSHandle | undefined): Uint8Array => hexToBytes(text(handle));
  const text = (handle: QuickJSHandle | undefined): string => (handle === undefined ? '' : context.getString(handle));
  const set = (target: QuickJSHandle, name: string, action: (...args: QuickJSHandle[]) => QuickJSHandle): void =>
    context.newFunction(name, action).consume((handle) => context.setProp(target, name, handle));

  context.newObject().consume((env) => {
    set(env, 'wire', (frame) => {
      if (frame !== undefined) context.getArrayBuffer(frame).consume(({ value }) => done.wire.push(value.slice()));
      return context.undefined;
    });
    set(env, 'screen', (rows) => {
      done.screen = text(rows).split('\n');
      return context.undefined;
    });
    set(env, 'random', (length) => hex(random(length === undefined ? 0 : context.getNumber(length))));
    set(env, 'read', (name) => hex(flash.get(text(name))));
    set(env, 'write', (name, value) => {
      flash.set(text(name), bytes(value));
      return context.undefined;
    });
    set(env, 'remove', (name) => {
      flash.delete(text(name));
      return context.undefined;
    });
    set(env, 'names', () => context.newString([...flash.keys()].join('\n')));
    if (curve === null) context.setProp(env, 'curve', context.null);
    else {
      context.newObject().consume((given) => {
        set(given, 'publicKey', (secret) => hex(curve.publicKey(bytes(secret))));
        set(given, 'signSchnorr', (hash, secret, aux) =>
          hex(curve.signSchnorr(bytes(hash), bytes(secret), bytes(aux))),
        );
        set(given, 'verifySchnorr', (sig, hash, pubkey) =>
          curve.verifySchnorr(bytes(sig), bytes(hash), bytes(pubkey)) ? context.true : context.false,
        );
        set(given, 'sharedX', (secret, peer) => hex(curve.sharedX(bytes(secret), bytes(peer))));
        set(given, 'x25519PublicKey', (secret) => hex(curve.x25519.publicKey(bytes(secret))));
        set(given, 'x25519Shared', (secret, peer) => hex(curve.x25519.shared(bytes(secret), bytes(peer))));
        context.setProp(env, 'curve', given);
      });
    }
    context.setProp(context.global, 'env', env);
  });
}

/**
 * A cable between host and device in memory, with faults from a seed: it cuts writes into pieces of any size, damages, loses
 * and doubles bytes and pieces, delays, and carries noise. It can be unplugged. Every fault is counted.
 */
import type { Clock } from './clock.ts';
import { between, type Chance } from './random.ts';

/** Probabilities per piece of bytes. */
export type CableFaults = {
  readonly damage: number;
  readonly loss: number;
  readonly duplication: number;
  readonly noise: number;
};
export const soundCable: CableFaults = { damage: 0, loss: 0, duplication: 0, noise: 0 };

export type FaultCounts = Record<keyof CableFaults, number>;

export type Cable = {
  readonly toDevice: (bytes: Uint8Array) => void;
  readonly toHost: (bytes: Uint8Array) => void;
  readonly setPlugged: (plugged: boolean) => void;
  faults: CableFaults;
};

export function cable(
  clock: Clock,
  draw: Chance,
  ends: { readonly host: (bytes: Uint8Array) => void; readonly device: (bytes: Uint8Array) => void },
  counts: (fault: keyof CableFaults) => void,
): Cable {
  let plug = 0; // changes with every plugging: what was on the cable then never arrives
  let plugged = true;
  const arrivesAt = new Map<unknown, number>(); // a cable delays, but it never re-orders

  function carry(bytes: Uint8Array, deliver: (bytes: Uint8Array) => void): void {
    if (!plugged) return;
    const mine = plug;
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(at + between(draw, 1, 200), bytes.length);
      const piece = bytes.slice(at, end);
      at = end;
      for (const altered of mangle(piece)) {
        const at = Math.max(clock.now() + between(draw, 0, 2), arrivesAt.get(deliver) ?? 0);
        arrivesAt.set(deliver, at);
        clock.after(at - clock.now(), () => {
          if (mine === plug && plugged) deliver(altered);
        });
      }
    }
  }

  function mangle(piece: Uint8Array): readonly Uint8Array[] {
    if (draw() < self.faults.loss) {
      counts('loss');
      return [];
    }
    if (draw() < self.faults.damage) {
      counts('damage');
      const at = between(draw, 0, piece.length - 1);
      piece[at] = (piece[at] ?? 0) ^ (1 << between(draw, 0, 7));
    }
    if (draw() < self.faults.noise) {
      counts('noise');
      return [Uint8Array.from({ length: between(draw, 1, 40) }, () => between(draw, 0, 255)), piece];
    }
    if (draw() < self.faults.duplication) {
      counts('duplication');
      return [piece, piece];
    }
    return [piece];
  }

  const self: Cable = {
    toDevice: (bytes) => carry(bytes, ends.device),
    toHost: (bytes) => carry(bytes, ends.host),
    setPlugged: (value) => {
      plug++;
      plugged = value;
    },
    faults: soundCable,
  };
  return self;
}

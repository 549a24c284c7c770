/**
 * What a serial wire promises, as one suite for every world that has ports: serialport's mock, a real pseudo-terminal, and a
 * board on a cable where there is one. A world plugs in a device that echoes.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PortClass } from '../../host/src/device/serial-port.ts';
import { type SerialTarget, serialWire } from '../../host/src/device/serial-wire.ts';
import type { Wire } from '../../host/src/device/wire.ts';
import { allBytes, pattern } from '../support/pattern.ts';
import { type WireLog, wireLog } from '../support/wire-log.ts';

/** A world: `plug` makes an echoing device appear at `path`, `burst` lets it send the pattern, `unplugAll` cleans up. */
export type PortWorld = {
  readonly name: string;
  readonly path: string;
  readonly PortClass: PortClass;
  plug(): Promise<void>;
  burst(bytes: number): Promise<void>;
  unplugAll(): Promise<void>;
};

/** More than any buffer on the way holds, and exactly what an outbox may hold. */
const LARGE = 256 * 1024;

/** Runs the suite in a world, which is made anew for every case. */
export function portSuite(name: string, makeWorld: () => PortWorld): void {
  describe(`a serial wire over ${name}`, () => {
    let world: PortWorld;
    let wires: Wire[];
    beforeEach(() => {
      world = makeWorld();
      wires = [];
    });
    afterEach(async () => {
      await Promise.all(wires.map((wire) => wire.close()));
      await world.unplugAll();
    });

    const open = (change: Partial<SerialTarget> = {}): { wire: Wire; log: WireLog } => {
      const log = wireLog();
      const target = { path: world.path, lines: 'leave', baudRate: 115_200, ...change } as const;
      const wire = serialWire(target, log.events, { PortClass: world.PortClass });
      wires.push(wire);
      return { wire, log };
    };

    it('opens, once', async () => {
      await world.plug();
      const { log } = open();
      await log.opened(1);
      expect(log.reports).toEqual([{ type: 'opened' }]);
    });

    it('carries all 256 byte values both ways', async () => {
      await world.plug();
      const { wire, log } = open();
      await log.opened(1);
      wire.write(allBytes);
      await log.bytes(allBytes.length);
      expect(log.received()).toEqual(allBytes);
    });

    it('carries single bytes and large blocks in order', async () => {
      await world.plug();
      const { wire, log } = open();
      await log.opened(1);
      const sent = pattern(20_000);
      for (let at = 0; at < 256; at++) wire.write(sent.subarray(at, at + 1));
      wire.write(sent.subarray(256));
      await log.bytes(sent.length);
      expect(log.received()).toEqual(sent);
    });

    it('carries a large transfer intact in both directions', async () => {
      await world.plug();
      const { wire, log } = open();
      await log.opened(1);
      wire.write(pattern(LARGE));
      await log.bytes(LARGE);
      expect(Buffer.compare(log.received(), pattern(LARGE))).toBe(0);
      expect(log.count('closed')).toBe(0);
    });

    it('takes a burst from the device intact', async () => {
      await world.plug();
      const { log } = open();
      await log.opened(1);
      await world.burst(LARGE);
      await log.bytes(LARGE);
      expect(Buffer.compare(log.received(), pattern(LARGE))).toBe(0);
    });

    it('says once that the port is missing, and works when it appears', async () => {
      const { wire, log } = open();
      await log.waiting(/There is no port .* Plug the device in/);
      await world.plug();
      await log.opened(1);
      expect(log.reports.map(({ type }) => type)).toEqual(['waiting', 'opened']);
      wire.write(allBytes);
      await log.bytes(256);
      expect(log.received()).toEqual(allBytes);
    });

    it('says that another program holds the port, and takes over when that ends', async () => {
      await world.plug();
      const first = open();
      await first.log.opened(1);
      const second = open();
      await second.log.waiting(/Another program holds/);
      await first.wire.close();
      await second.log.opened(1);
      expect(second.log.reports.map(({ type }) => type)).toEqual(['waiting', 'opened']);
    });

    it.each(['leave', 'both-low', 'both-high'] as const)('opens with the control lines "%s"', async (lines) => {
      await world.plug();
      const { wire, log } = open({ lines });
      await log.opened(1);
      wire.write(allBytes);
      await log.bytes(256);
      expect(log.reports).toEqual([{ type: 'opened' }]);
    });

    it('reports nothing after close, and the port is free again', async () => {
      await world.plug();
      const first = open();
      await first.log.opened(1);
      first.wire.write(pattern(LARGE));
      await first.wire.close();
      const before = first.log.received().length;
      const second = open();
      await second.log.opened(1);
      expect(first.log.reports).toEqual([{ type: 'opened' }]);
      expect(first.log.received().length).toBe(before);
    });

    it('can be closed while it opens', async () => {
      await world.plug();
      const { wire, log } = open();
      await wire.close();
      const second = open();
      await second.log.opened(1);
      expect(log.reports).toEqual([]);
    });
  });
}

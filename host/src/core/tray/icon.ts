/**
 * The icon, painted: the gate of a bunker. Its state is told by colour and by the sign on it, never by colour alone, and a dot says
 * that something waits. Every size is painted by itself, so that the small ones are sharp.
 */
import type { Look } from './glance.ts';

/** Red, green, blue, 0 to 255. */
type Colour = readonly [number, number, number];
/** Whether a point is within: x to the right, y down, both 0 to 1. */
type Shape = (x: number, y: number) => boolean;

/** Points a pixel has to a side, to smooth its edge. */
const samples = 4;

const white: Colour = [255, 255, 255];
const amber: Colour = [255, 176, 0];

const colours: Readonly<Record<Look, Colour>> = {
  gone: [128, 128, 128],
  no_device: [196, 54, 42],
  locked: [46, 106, 196],
  ready: [30, 140, 84],
  waiting: [190, 104, 0],
  relays_down: [150, 60, 150],
  paused: [96, 96, 104],
};

/** The pixels of the icon, row by row, four bytes each: red, green, blue, opacity (not multiplied). */
export function paintIcon(look: Look, isWaiting: boolean, size: number): Uint8Array {
  const pixels = new Uint8Array(size * size * 4);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      paintPixel(pixels, (row * size + column) * 4, look, isWaiting, column / size, row / size, 1 / size);
    }
  }
  return pixels;
}

/** The mean of what is there; the larger the part of the pixel where nothing is, the less of it is seen. */
function paintPixel(
  pixels: Uint8Array,
  at: number,
  look: Look,
  isWaiting: boolean,
  left: number,
  top: number,
  side: number,
): void {
  let [red, green, blue, hits] = [0, 0, 0, 0];
  for (let i = 0; i < samples * samples; i++) {
    const x = left + (side * ((i % samples) + 0.5)) / samples;
    const y = top + (side * (Math.floor(i / samples) + 0.5)) / samples;
    const colour = colourAt(look, isWaiting, x, y);
    if (colour === null) continue;
    hits++;
    red += colour[0];
    green += colour[1];
    blue += colour[2];
  }
  if (hits === 0) return;
  pixels[at] = Math.round(red / hits);
  pixels[at + 1] = Math.round(green / hits);
  pixels[at + 2] = Math.round(blue / hits);
  pixels[at + 3] = Math.round((255 * hits) / (samples * samples));
}

/** Null: nothing is there. */
function colourAt(look: Look, isWaiting: boolean, x: number, y: number): Colour | null {
  if (isWaiting) {
    if (dot(x, y)) return amber;
    if (gap(x, y)) return null;
  }
  if (!gate(x, y)) return null;
  const isHollow = look === 'gone' || look === 'no_device';
  if (isHollow && inside(x, y)) return signs[look](x, y) ? colours[look] : null;
  return !isHollow && signs[look](x, y) ? white : colours[look];
}

const gate = arch(0);
const inside = arch(0.1);
const dot = disc(0.8, 0.2, 0.17);
/** Around the dot, so that it stands out on the gate. */
const gap = disc(0.8, 0.2, 0.22);

/** A half disc on a block, drawn in by `inset`. */
function arch(inset: number): Shape {
  return (x, y) =>
    y < 0.5 ? Math.hypot(x - 0.5, y - 0.5) <= 0.44 - inset : Math.abs(x - 0.5) <= 0.44 - inset && y <= 0.95 - inset;
}

const signs: Readonly<Record<Look, Shape>> = {
  gone: () => false,
  // A cross.
  no_device: either(stroke(0.34, 0.4, 0.66, 0.72, 0.05), stroke(0.66, 0.4, 0.34, 0.72, 0.05)),
  // A padlock.
  locked: either(block(0.3, 0.5, 0.7, 0.8), ring(0.5, 0.48, 0.1, 0.18)),
  // A tick.
  ready: either(stroke(0.3, 0.56, 0.45, 0.72, 0.06), stroke(0.45, 0.72, 0.72, 0.38, 0.06)),
  // An exclamation mark.
  waiting: either(block(0.43, 0.26, 0.57, 0.6), disc(0.5, 0.75, 0.085)),
  // A dash: no way out.
  relays_down: block(0.26, 0.5, 0.74, 0.63),
  // Two bars.
  paused: either(block(0.31, 0.36, 0.44, 0.78), block(0.56, 0.36, 0.69, 0.78)),
};

function either(one: Shape, other: Shape): Shape {
  return (x, y) => one(x, y) || other(x, y);
}

function block(left: number, top: number, right: number, bottom: number): Shape {
  return (x, y) => x >= left && x <= right && y >= top && y <= bottom;
}

function disc(centreX: number, centreY: number, radius: number): Shape {
  return (x, y) => Math.hypot(x - centreX, y - centreY) <= radius;
}

function ring(centreX: number, centreY: number, inner: number, outer: number): Shape {
  const [whole, hole] = [disc(centreX, centreY, outer), disc(centreX, centreY, inner)];
  return (x, y) => whole(x, y) && !hole(x, y);
}

/** A line with round ends. */
function stroke(fromX: number, fromY: number, toX: number, toY: number, radius: number): Shape {
  const [wide, high] = [toX - fromX, toY - fromY];
  return (x, y) => {
    const along = ((x - fromX) * wide + (y - fromY) * high) / (wide * wide + high * high);
    const at = Math.min(1, Math.max(0, along));
    return Math.hypot(x - fromX - at * wide, y - fromY - at * high) <= radius;
  };
}

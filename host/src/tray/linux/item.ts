/**
 * The icon as a D-Bus object: org.kde.StatusNotifierItem, as panels of Linux read it. All pixmaps are painted here; a name of an icon in a
 * theme is left empty, because a theme could show anything under it.
 */
import { type DefinedInterface, defineInterface } from 'dbus-native';
import type { Glance } from '../../core/tray/glance.ts';
import { paintIcon } from '../../core/tray/icon.ts';

export const itemPath = '/StatusNotifierItem';
export const menuPath = '/MenuBar';

/** Those that panels ask for, and twice as large for dense screens. */
const sizes = [16, 22, 24, 32, 48] as const;

/** Width, height, and pixels of four bytes each: opacity, red, green, blue. */
type Pixmap = readonly [number, number, Buffer];

export type Item = { readonly definition: DefinedInterface; readonly set: (glance: Glance) => void };

/** `activate` is a click on the icon itself. It can be set when it was exported. */
export function newItem(first: Glance, activate: () => null): Item {
  let glance = first;
  let pixmaps = pixmapsOf(first);
  const read = (type: string, get: () => unknown) => ({ type, access: 'read', get }) as const;
  const nowhere = { in: { x: 'i', y: 'i' }, handler: () => null };
  const definition = defineInterface({
    name: 'org.kde.StatusNotifierItem',
    properties: {
      Category: read('s', () => 'Hardware'),
      Id: read('s', () => 'sallyport'),
      Title: read('s', () => 'Sallyport'),
      Status: read('s', () => statusOf(glance)),
      WindowId: read('i', () => 0),
      IconThemePath: read('s', () => ''),
      IconName: read('s', () => ''),
      IconPixmap: read('a(iiay)', () => pixmaps),
      OverlayIconName: read('s', () => ''),
      OverlayIconPixmap: read('a(iiay)', () => []),
      AttentionIconName: read('s', () => ''),
      // What hosts show of an item that needs attention: without it some show nothing then.
      AttentionIconPixmap: read('a(iiay)', () => pixmaps),
      AttentionMovieName: read('s', () => ''),
      ToolTip: read('(sa(iiay)ss)', () => ['', [], 'Sallyport', glance.words]),
      ItemIsMenu: read('b', () => false),
      Menu: read('o', () => menuPath),
    },
    methods: {
      Activate: { in: { x: 'i', y: 'i' }, handler: () => activate() },
      SecondaryActivate: nowhere,
      ContextMenu: nowhere,
      Scroll: { in: { delta: 'i', orientation: 's' }, handler: () => null },
    },
    signals: {
      NewTitle: {},
      NewIcon: {},
      NewAttentionIcon: {},
      NewToolTip: {},
      NewStatus: { args: { status: 's' } },
    },
  });
  const set = (next: Glance): void => {
    const before = glance;
    glance = next;
    if (next.words !== before.words) definition.emit['NewToolTip']?.();
    if (next.look === before.look && next.waiting > 0 === before.waiting > 0) return;
    pixmaps = pixmapsOf(next);
    definition.emit['NewIcon']?.();
    definition.emit['NewAttentionIcon']?.();
    if (statusOf(next) !== statusOf(before)) definition.emit['NewStatus']?.(statusOf(next));
  };
  return { definition, set };
}

function statusOf({ waiting }: Glance): 'NeedsAttention' | 'Active' {
  return waiting > 0 ? 'NeedsAttention' : 'Active';
}

/** Fourteen icons at most, of 20 kB each, painted when they are first shown. */
const painted = new Map<string, readonly Pixmap[]>();

function pixmapsOf({ look, waiting }: Glance): readonly Pixmap[] {
  const name = `${look} ${waiting > 0}`;
  const pixmaps =
    painted.get(name) ?? sizes.map((size) => [size, size, argb(paintIcon(look, waiting > 0, size))] as const);
  painted.set(name, pixmaps);
  return pixmaps;
}

/** Red, green, blue, opacity become opacity, red, green, blue. */
function argb(pixels: Uint8Array): Buffer {
  const turned = Buffer.alloc(pixels.length);
  for (let i = 0; i < pixels.length; i += 4) {
    turned[i] = pixels[i + 3] ?? 0;
    turned.set(pixels.subarray(i, i + 3), i + 1);
  }
  return turned;
}

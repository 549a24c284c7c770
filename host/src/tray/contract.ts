/**
 * What a face of the tray is: it shows a state, a menu and a notice, and says what was clicked. It decides nothing. The face of Linux is
 * part of this process; those of Windows and macOS are scripts of the system, which read and write these very values as JSON, one a line.
 */
import { z } from 'zod';
import type { Look } from '../core/tray/glance.ts';
import type { MenuItem } from '../core/tray/menu.ts';
import type { Notice } from '../core/tray/notice.ts';

/** What a face is told. Each replaces what it was told before. */
export type ToFace =
  | { readonly setState: { readonly look: Look; readonly words: string; readonly waiting: number } }
  | { readonly setMenu: readonly MenuItem[] }
  | { readonly setNotice: Notice | null }
  /** Goes away by itself. */
  | { readonly say: { readonly title: string; readonly body: string } };

/** What a face says. An id is one that a menu or a notice had; `note` is for the log of whoever started this. */
export const fromFace = z.union([
  z.object({ click: z.string().max(128) }),
  z.object({ noticeClosed: z.literal(true) }),
  z.object({ note: z.string().max(1_024) }),
]);
export type FromFace = z.output<typeof fromFace>;

export type FaceEvents = {
  readonly said: (line: FromFace) => void;
  /** It shows nothing any more: once, and not after `close`. */
  readonly ended: (why: string) => void;
};

export type Face = {
  readonly tell: (line: ToFace) => void;
  /** Takes everything away. */
  readonly close: () => Promise<void>;
};

/** Null where there is nothing to show anything on, with the reason noted. */
export type OpenFace = (events: FaceEvents) => Promise<Face | null>;

/** The firmware, for makers of boards: give it an `Env` and run it. `board.ts` is the example whose board is a computer. */
export { type BoardOptions, type Face, type Key, type RunningBoard, runBoard } from './board.ts';
export * from './firmware/env.ts';
export * from './firmware/firmware.ts';
export { type Font, openFont } from './firmware/screen/font.ts';
export { type Bitmap, paint, palettes } from './firmware/screen/pixels.ts';
export type { Screen } from './firmware/screen/screens.ts';

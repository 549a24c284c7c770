/** What a row of the control API's table (routes.ts) says. */
import type { z } from 'zod';

/** Whether a handler only looks, or changes something; `socket`: whether it makes a way in, which no page may do for another. */
export type Access = 'read' | 'write' | 'socket';

/** One row. `text` is for answers that are no JSON: the type of their content. */
export type Route = {
  readonly access: Access;
  readonly summary: string;
  /** It is answered when a human has looked at the device. */
  readonly human?: true;
  /** The largest body, in bytes, where it is larger than that of others. */
  readonly bodyMax?: number;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly answer: z.ZodType | { readonly text: string };
};

/** Method and path of a row. */
export function partsOf(name: string): { readonly method: string; readonly path: string } {
  const [method = '', path = ''] = name.split(' ');
  return { method, path };
}

/** Whether a row answers with JSON that has a schema. */
export function hasSchema(answer: Route['answer']): answer is z.ZodType {
  return !('text' in answer);
}

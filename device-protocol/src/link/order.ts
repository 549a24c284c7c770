/**
 * The order in which what one read of the wire caused is handed up. Frames that it set free stand before the messages in it: whoever takes a
 * message may answer at once, and that answer is numbered after these frames. Written before them it would look like a loss to the other end,
 * which throws it away, and every window after it would go out twice.
 */

/** Writes before the messages that were mixed with them; around anything else nothing is moved. */
export function writesFirst<E extends { readonly type: string }>(effects: readonly E[]): readonly E[] {
  const ordered: E[] = [];
  let messages: E[] = [];
  for (const effect of effects) {
    if (effect.type === 'message') {
      messages.push(effect);
      continue;
    }
    if (effect.type !== 'write') {
      ordered.push(...messages);
      messages = [];
    }
    ordered.push(effect);
  }
  return [...ordered, ...messages];
}

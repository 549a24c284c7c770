/** What both ends of a link session saw before the channel: the payloads of its hello request and of its hello, in this order. */
export function prologueOf(request: Uint8Array, answer: Uint8Array): Uint8Array {
  const prologue = new Uint8Array(request.length + answer.length);
  prologue.set(request);
  prologue.set(answer, request.length);
  return prologue;
}

/**
 * Watching: server-sent events, `status` at once and again when something changed, `request` for each that goes on. A reader who
 * does not keep up is let go: they come back and begin with a snapshot.
 */
import { jsonOf } from '../report.ts';
import { statusOf } from './said.ts';
import type { HostView } from './view.ts';

/** Changes that come together are one status. */
const settleMs = 200;
/** A line now and then shows both ends that the other is there. */
const heartbeatMs = 20_000;
/** Pieces that wait for a reader. */
const waitingMax = 256;

/** The answer to `GET /v0/watch`; it ends when `gone` is aborted. */
export function watchStream(view: HostView, gone: AbortSignal): Response {
  const encoder = new TextEncoder();
  let end = (): void => undefined;
  const stream = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        let settling: NodeJS.Timeout | null = null;
        const send = (text: string): void => {
          if ((controller.desiredSize ?? 0) <= 0) return finish();
          controller.enqueue(encoder.encode(text));
        };
        const event = (name: string, data: unknown): void => send(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
        const tellStatus = (): void => {
          settling = null;
          event('status', statusOf(view));
        };
        const heart = setInterval(() => send(': still here\n\n'), heartbeatMs);
        heart.unref();
        let isOpen = true;
        const stop = view.watch((report) => {
          if (report?.type === 'request') event('request', jsonOf(report)['request']);
          if (isOpen) settling ??= setTimeout(tellStatus, settleMs);
        });
        function finish(): void {
          if (!isOpen) return;
          end();
          controller.close();
        }
        end = () => {
          isOpen = false;
          stop();
          clearInterval(heart);
          if (settling !== null) clearTimeout(settling);
        };
        gone.addEventListener('abort', () => end(), { once: true });
        tellStatus();
      },
      cancel: () => end(),
    },
    { highWaterMark: waitingMax },
  );
  return new Response(stream, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } });
}

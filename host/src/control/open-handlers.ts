/** The handlers about the device and what is open for it: how it is, its pairing with this computer, and the requests that wait. */
import type { Handlers } from './handlers.ts';
import { no } from './problems.ts';
import { deviceOf, requestInFullOf, requestsOf } from './said.ts';
import type { HostView } from './view.ts';

type OpenRoute =
  | 'GET /v0/device'
  | 'POST /v0/device/pair'
  | 'POST /v0/device/pair/answer'
  | 'GET /v0/requests'
  | 'GET /v0/requests/:number'
  | 'DELETE /v0/requests/:number';

const done = { done: true } as const;

export function openHandlers(view: HostView): Pick<Handlers, OpenRoute> {
  return {
    'GET /v0/device': () => deviceOf(view),
    'POST /v0/device/pair': () => {
      const { status } = view.device();
      if (status.state !== 'ready' || status.channel !== 'unpaired') return notUnpaired;
      view.pair();
      return done;
    },
    'POST /v0/device/pair/answer': ({ body }) => {
      if (view.pairing()?.state !== 'code') return noDigits;
      view.answerPairing(body.same);
      return done;
    },
    'GET /v0/requests': () => ({ requests: requestsOf(view) }),
    'GET /v0/requests/:number': ({ params }) => requestInFullOf(view, params.number) ?? noRequest,
    'DELETE /v0/requests/:number': ({ params }) => {
      if (!view.bridge().open.has(params.number)) return noRequest;
      view.reject(params.number);
      return done;
    },
  };
}

const notUnpaired = no(409, 'not_unpaired', 'There is no device that waits to be paired with this computer.');
const noDigits = no(409, 'no_digits', 'No digits are being compared.');
const noRequest = no(404, 'no_request', 'This request is not open (any more).');

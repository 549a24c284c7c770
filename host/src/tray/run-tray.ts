/**
 * Joins the parts of the tray: the host, the machine that decides, and the face that shows. It runs until the user quits it, the face
 * ends (the session of the desktop does), or it is told to.
 */
import type { ControlClient, Failed } from '../control/client.ts';
import type { Wish } from '../core/tray/menu.ts';
import { newTray, stepTray, type TrayEffect, type TrayInput, trayDeadline } from '../core/tray/tray.ts';
import { createTimers } from '../timers.ts';
import type { FromFace, OpenFace } from './contract.ts';
import { followHost } from './follow-host.ts';

export type TrayParts = {
  readonly client: ControlClient;
  readonly openFace: OpenFace;
  /** Opens an address in the browser; false: there is none. */
  readonly openAddress: (url: string) => Promise<boolean>;
  readonly now: () => number;
  /** A line for whoever started this. */
  readonly note: (line: string) => void;
  readonly until: AbortSignal;
};

/** `quit`: the user or a signal ended it. `faceless`: there is nothing to show it on. `ended`: the face went away. */
export type TrayEnd = 'quit' | 'faceless' | 'ended';

const appPauseMinutes = 60;

export async function runTray({ client, openFace, openAddress, now, note, until }: TrayParts): Promise<TrayEnd> {
  let state = newTray;
  let end: TrayEnd = 'quit';
  const timers = createTimers(now);
  const quitting = new AbortController();
  const ending = AbortSignal.any([until, quitting.signal]);

  const face = await openFace({
    said: (line) => hear(line),
    ended: (why) => {
      note(why);
      end = 'ended';
      quitting.abort();
    },
  });
  if (face === null) return 'faceless';
  step({ type: 'tick' });
  await followHost(client, (seen) => step({ type: 'host', seen }), ending);
  timers.close();
  await face.close();
  return end;

  function step(input: TrayInput): void {
    const [next, effects] = stepTray(state, input, now());
    state = next;
    for (const effect of effects) act(effect);
    timers.wakeAt('tray', ending.aborted ? null : trayDeadline(state, now()), () => step({ type: 'tick' }));
  }

  function hear(line: FromFace): void {
    if ('note' in line) note(line.note);
    else step('click' in line ? { type: 'click', id: line.click } : { type: 'notice_closed' });
  }

  function act(effect: TrayEffect): void {
    switch (effect.type) {
      case 'show':
        face?.tell({ setState: effect.picture.glance });
        face?.tell({ setMenu: effect.picture.menu });
        return;
      case 'notice':
        face?.tell({ setNotice: effect.notice });
        return;
      case 'tell':
        face?.tell({ say: { title: effect.title, body: effect.body } });
        return;
      case 'wish':
        if (effect.wish.type === 'quit') return quitting.abort();
        void grant(effect.wish).then((why) => {
          if (why !== null && !ending.aborted) step({ type: 'failed', why });
        });
        return;
    }
  }

  /** Null when it was done, or why it was not. */
  async function grant(wish: Exclude<Wish, { readonly type: 'quit' }>): Promise<string | null> {
    if (wish.type !== 'dashboard') return whyNot(await ask(wish));
    const said = await client.call('POST /v0/dashboard', {}, ending);
    if (said.type !== 'answer') return whyNot(said);
    const { url } = said.answer;
    return (await openAddress(wish.to === null ? url : `${url}&to=${wish.to}`))
      ? null
      : 'No browser could be opened. In a terminal: sallyport dashboard';
  }

  function ask(wish: Exclude<Wish, { readonly type: 'quit' | 'dashboard' }>) {
    switch (wish.type) {
      case 'pause':
        return client.call('POST /v0/pause', { body: { minutes: wish.minutes } }, ending);
      case 'resume':
        return client.call('POST /v0/resume', {}, ending);
      case 'refuse':
        return client.call('DELETE /v0/requests/:number', { params: { number: wish.number } }, ending);
      case 'pause_app': {
        const call = { params: { client: wish.client }, body: { minutes: appPauseMinutes } };
        return client.call('POST /v0/apps/:client/pause', call, ending);
      }
      case 'resume_app':
        return client.call('POST /v0/apps/:client/resume', { params: { client: wish.client } }, ending);
    }
  }
}

function whyNot(said: { readonly type: 'answer' } | Failed): string | null {
  return said.type === 'answer' ? null : `${said.words} ${said.advice}`.trim();
}

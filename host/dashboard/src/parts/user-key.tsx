/**
 * Whether an account answers apps that ask its own key, as those of early 2024 do. It begins with a hold of the device's button, where its
 * screen says what that means; it ends at once.
 */
import { call } from '../api.ts';
import { texts } from '../texts.ts';
import { Action } from './action.tsx';

type UserKeyProps = { readonly number: number; readonly answers: boolean };

export function UserKey({ number, answers }: UserKeyProps) {
  const said = texts.device.userKey;
  const setTo = (on: boolean) => () => call('POST /v0/accounts/:number/user-key', { params: { number }, body: { on } });
  return (
    <div class="row spread">
      <span>{answers ? said.on : said.off}</span>
      {answers ? (
        <Action key="end" act={setTo(false)} busyWords={texts.apps.look}>
          {said.end}
        </Action>
      ) : (
        <Action key="allow" act={setTo(true)} busyWords={said.look}>
          {said.allow}
        </Action>
      )}
    </div>
  );
}

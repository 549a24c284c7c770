/** The device: how it is and what it is known by, what its screen must show now, its accounts, and the check of its log. */
import { call } from '../api.ts';
import { type Status, status } from '../live.ts';
import { Accounts } from '../parts/accounts.tsx';
import { Action } from '../parts/action.tsx';
import { LogCheck } from '../parts/log-check.tsx';
import { Mirror } from '../parts/mirror.tsx';
import { texts } from '../texts.ts';

export function Device() {
  const device = status.value?.device;
  if (device === undefined) return null;
  // What is asked of it needs a device that knows this computer.
  const isOurs = device.channel === 'paired' && device.state !== 'fresh';
  return (
    <>
      <h2>{texts.tabs.device}</h2>
      <About device={device} />
      {isOurs ? <Mirror /> : null}
      {isOurs ? <Accounts /> : null}
      {isOurs ? <LogCheck /> : null}
    </>
  );
}

function About({ device }: { readonly device: Status['device'] }) {
  const { state, model, firmware, channel, port, key } = device;
  const said = texts.device;
  const rows: readonly (readonly [string, string | null])[] = [
    [said.state, said.states[state] ?? state],
    [said.model, model],
    [said.firmware, firmware],
    [said.channel, channel === null ? null : (said.channels[channel] ?? channel)],
    [said.port, port],
    [said.fingerprint, key === null ? null : grouped(key)],
  ];
  return (
    <div class="card">
      <dl>
        {rows.map(([name, value]) =>
          value === null ? null : (
            <>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </>
          ),
        )}
      </dl>
      {key === null ? null : <p class="quiet">{said.fingerprintWords}</p>}
      {channel === 'paired' && state === 'ready' ? (
        <Action act={() => call('POST /v0/device/lock')} busyWords={said.look}>
          {said.lock}
        </Action>
      ) : channel === 'paired' && state === 'locked' ? (
        <Action act={() => call('POST /v0/device/unlock')} busyWords={said.look}>
          {said.unlock}
        </Action>
      ) : (
        <a href="#/overview">{said.next}</a>
      )}
    </div>
  );
}

/** In fours, as people compare them. */
function grouped(key: string): string {
  return key.match(/.{4}/g)?.join(' ') ?? key;
}

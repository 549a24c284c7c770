/** The paired apps: what each is called and known by, when it last asked, what it may do, and how to pause it or end its session. */
import type { Answer } from '../../../src/control/routes.ts';
import { askedWords } from '../../../src/core/bridge/asked-words.ts';
import { call } from '../api.ts';
import { apps, status } from '../live.ts';
import { nameOf } from '../parts/app-name.ts';
import { Confirm } from '../parts/confirm.tsx';
import { GrantsOf } from '../parts/grants.tsx';
import { PauseOf } from '../parts/pause.tsx';
import { Moment } from '../parts/time.tsx';
import { texts } from '../texts.ts';

export type App = Answer<'GET /v0/apps'>['apps'][number];

export function Apps() {
  const all = apps.value.value?.apps;
  return (
    <>
      <h2>{texts.tabs.apps}</h2>
      {all === undefined ? null : all.length === 0 ? (
        <p>
          {texts.apps.none} <a href="#/overview">{texts.apps.pair}</a>
        </p>
      ) : (
        <>
          <p class="quiet">{texts.apps.claim}</p>
          {/* The one that asked last is the one that is looked for. */}
          {[...all].sort(byUse).map((app) => (
            <AppCard key={app.client} app={app} />
          ))}
        </>
      )}
    </>
  );
}

function byUse(a: App, b: App): number {
  return (b.usedAt ?? b.pairedAt) - (a.usedAt ?? a.pairedAt);
}

/** What it said that it will want to do, in words; what no signer knows is left as it is written. */
function wishWords(perms: string): string {
  const words = perms.split(',').map((perm) => {
    const [method = '', kind] = perm.trim().split(':');
    return kind === undefined && method === 'sign_event'
      ? perm
      : askedWords({ method, kind: kind === undefined ? null : Number(kind) });
  });
  return words.join(', ');
}

/** By which key it knows this signer. */
function signerWords({ account, ownKey, userKey }: App): string {
  const { ownKey: own, sharedKey, userKey: users, userKeyEnded } = texts.apps;
  if (!userKey) return ownKey ? own : sharedKey;
  // A device that is not there tells no accounts: nothing ended then.
  const told = status.value?.device.accounts.find(({ number }) => number === account);
  return told?.userKey === false ? userKeyEnded : users;
}

function AppCard({ app }: { readonly app: App }) {
  const { client, url, perms, account, pairedAt, usedAt, pause } = app;
  const params = { client };
  const name = nameOf(app);
  const refresh = () => void apps.refresh();
  return (
    <article class="card" aria-label={name}>
      <h3>
        <bdi>{name}</bdi>
      </h3>
      {/* Its address is a claim, too, and no link: nothing of an app is loaded. */}
      {url === '' ? null : (
        <p class="quiet">
          {texts.apps.address} <bdi>{url}</bdi>
        </p>
      )}
      <dl>
        <dt>{texts.apps.key}</dt>
        <dd>
          <code>{client}</code>
        </dd>
        <dt>{texts.apps.account}</dt>
        <dd>{account}</dd>
        <dt>{texts.apps.signer}</dt>
        <dd>{signerWords(app)}</dd>
        <dt>{texts.apps.pairedAt}</dt>
        <dd>
          <Moment at={pairedAt} />
        </dd>
        <dt>{texts.apps.usedAt}</dt>
        <dd>{usedAt === null ? texts.apps.never : <Moment at={usedAt} />}</dd>
        <dt>{texts.apps.wishes}</dt>
        <dd>{perms === '' ? texts.apps.noWishes : wishWords(perms)}</dd>
      </dl>
      <GrantsOf client={client} />
      <div class="row spread">
        <PauseOf
          pause={pause}
          of={name}
          onPause={async (minutes) => {
            const said = await call('POST /v0/apps/:client/pause', { params, body: { minutes } });
            refresh();
            return said;
          }}
          onResume={async () => {
            const said = await call('POST /v0/apps/:client/resume', { params });
            refresh();
            return said;
          }}
        />
        <Confirm
          title={texts.apps.revokeTitle(name)}
          words={texts.apps.revokeWords}
          button={texts.apps.revoke}
          act={() => call('DELETE /v0/apps/:client', { params })}
          onDone={refresh}
        />
      </div>
    </article>
  );
}

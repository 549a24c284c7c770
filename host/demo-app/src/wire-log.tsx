/** The rows of the wire: in a few words, and in full behind a click. */
import { texts } from './texts.ts';
import { type WireRow, wire } from './wire.ts';

export function WireLog() {
  const rows = wire.value;
  return (
    <section>
      <div class="row spread">
        <h2>{texts.wire.title}</h2>
        <button type="button" class="plain" onClick={() => (wire.value = [])}>
          {texts.wire.clear}
        </button>
      </div>
      <p class="quiet">{texts.wire.help}</p>
      {rows.length === 0 ? <p>{texts.wire.none}</p> : null}
      <ol class="wire">
        {rows.map((row) => (
          <Row key={row.number} {...row} />
        ))}
      </ol>
    </section>
  );
}

function Row({ way, at, relay, summary, inside, raw }: WireRow) {
  return (
    <li>
      <details>
        <summary>
          <span aria-hidden="true">{way === 'out' ? '▲ ' : '▼ '}</span>
          {texts.wire[way]}: {summary} <span class="quiet">{at.toLocaleTimeString()}</span>
        </summary>
        <p class="quiet">{relay}</p>
        {inside === null ? null : (
          <>
            <h3>{texts.wire.inside}</h3>
            <pre>{inside}</pre>
          </>
        )}
        <h3>{texts.wire.raw}</h3>
        <pre>{raw}</pre>
      </details>
    </li>
  );
}

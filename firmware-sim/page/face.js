/**
 * The page of the browser face. It shows the view that the simulator sent last and sends back keys, each with the count of the view
 * that was on the glass when the finger came down: a press meant for one screen never reaches another.
 */

/**
 * @typedef {{ board: 'lcd240' | 'oled128', width: number, height: number, png: string, rows: string[] | null, count: number }} View
 */

/** How long the right button of the small board is held to say yes. */
const holdMs = 700;
/** Pixels of this page for each pixel of the device. */
const scales = { lcd240: 2, oled128: 3 };
const hints = {
  lcd240: 'Keyboard: A is KEY1 · D is KEY3 · ↓ ↑ turn the page',
  oled128: 'Hold R to say yes · Keyboard: hold A is R held · D is L · ↓ is R',
};
const storageName = 'sallyport-face';

const device = element('device', HTMLElement);
const glass = element('glass', HTMLCanvasElement);
const text = element('text', HTMLElement);
const said = element('said', HTMLElement);
const plug = element('plug', HTMLButtonElement);

/** @type {View | null} */
let view = null;
/** @type {string | null} */
let bearer = null;
/** @type {{ key: string, count: number, timer: ReturnType<typeof setTimeout> } | null} */
let held = null;

for (const button of document.querySelectorAll('button[data-key]')) {
  if (!(button instanceof HTMLButtonElement)) continue;
  const { key = '', hold } = button.dataset;
  button.addEventListener('pointerdown', () => down(key, hold));
  button.addEventListener('pointerup', () => up(true));
  button.addEventListener('pointerleave', () => up(false));
  button.addEventListener('click', (event) => {
    // A click without a pointer: Enter or the space bar on a button that has the focus.
    if (event.detail === 0) void send(key, view?.count ?? 0);
  });
}
addEventListener('keydown', (event) => {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = keyOf(event.key);
  if (key === null) return;
  event.preventDefault();
  if (key === 'approve' && view?.board === 'oled128') down('', 'approve');
  else void send(key, view?.count ?? 0);
});
addEventListener('keyup', (event) => {
  if (keyOf(event.key) === 'approve') up(false);
});
plug.addEventListener('click', () => void post('/cable', { plugged: view?.rows === null }));

bearer = await session();
if (bearer !== null) await listen(bearer);

/** @param {string} key @param {string | undefined} hold */
function down(key, hold) {
  const count = view?.count ?? 0;
  if (hold === undefined) return void send(key, count);
  up(false);
  const timer = setTimeout(() => {
    held = null;
    void send(hold, count);
  }, holdMs);
  held = { key, count, timer };
}

/** Lets a held button go; a short press of it is its other meaning. @param {boolean} short */
function up(short) {
  if (held === null) return;
  clearTimeout(held.timer);
  const { key, count } = held;
  held = null;
  if (short && key !== '') void send(key, count);
}

/** @param {string} key @param {number} count */
function send(key, count) {
  return post('/press', { key, count });
}

/** @param {string} path @param {object} body */
async function post(path, body) {
  try {
    const headers = { Authorization: `Bearer ${bearer}` };
    const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
    said.textContent = response.ok ? '' : await response.text();
  } catch {
    said.textContent = 'The simulator does not answer.';
  }
}

/** The bearer token of this tab: kept over a reload, or bought with the token in the address. */
async function session() {
  const token = location.hash.slice(1);
  // The address is worth nothing from now on, and is not left in the history.
  history.replaceState(null, '', location.pathname);
  if (token === '') {
    const kept = sessionStorage.getItem(storageName);
    if (kept === null) said.textContent = 'Open the address that the simulator printed last.';
    return kept;
  }
  const response = await fetch('/session', { method: 'POST', body: token });
  if (!response.ok) {
    said.textContent = await response.text();
    return null;
  }
  const bought = String((await response.json()).bearer);
  sessionStorage.setItem(storageName, bought);
  return bought;
}

/** Follows the events until the simulator ends. EventSource cannot carry a bearer token, so they are read here. @param {string} bearer */
async function listen(bearer) {
  try {
    const response = await fetch('/events', { headers: { Authorization: `Bearer ${bearer}` } });
    if (!response.ok || response.body === null) {
      said.textContent = await response.text();
      return;
    }
    let rest = '';
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const events = (rest + part.value).split('\n\n');
      rest = events.pop() ?? '';
      for (const event of events) {
        const data = /^data: (.*)$/m.exec(event)?.[1];
        if (data !== undefined) await show(JSON.parse(data));
      }
    }
  } catch {
    // The same as an end: there is nothing to listen to.
  }
  said.textContent = 'The simulator has ended, or this page was left out. Open the address that it printed last.';
}

/** @param {View} next */
async function show(next) {
  const bytes = Uint8Array.from(atob(next.png), (character) => character.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
  // A button that is being held was pressed for what is gone now.
  if (held !== null) up(false);
  glass.width = next.width;
  glass.height = next.height;
  glass.style.width = `${next.width * scales[next.board]}px`;
  glass.getContext('2d')?.drawImage(image, 0, 0);
  device.dataset['board'] = next.board;
  text.textContent = next.rows?.join('\n') ?? 'The device has no power.';
  element('hint', HTMLElement).textContent = hints[next.board];
  plug.hidden = false;
  plug.textContent = next.rows === null ? 'Plug it in' : 'Pull the plug';
  view = next;
}

/** @param {string} name */
function keyOf(name) {
  switch (name) {
    case 'a':
    case 'A':
      return 'approve';
    case 'd':
    case 'D':
      return 'deny';
    case 'ArrowDown':
    case 'ArrowRight':
      return 'next';
    case 'ArrowUp':
    case 'ArrowLeft':
      return 'back';
    default:
      return null;
  }
}

/** @template {HTMLElement} T @param {string} id @param {new () => T} type @returns {T} */
function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${id}`);
  return found;
}

/**
 * The page of the browser face. It shows the view that the simulator sent last and sends back keys, each with the count of the view
 * that was on the glass when the finger came down: a press meant for one screen never reaches another.
 */

/**
 * @typedef {{ board: 'lcd240' | 'oled128', width: number, height: number, png: string, rows: string[] | null, count: number }} View
 */

/** How long the right button of the small board is down to say yes. */
const yesMs = 700;
/** How long a key is down to be held: what the device asks for, and the way of the press to it. */
const holdMs = 1_600;
/** Pixels of this page for each pixel of the device, where there is room for so many. */
const scales = { lcd240: 2, oled128: 3 };
/** What stands beside the screen in a narrow window. */
const edges = 48;
const hints = {
  lcd240: 'Keyboard: A is KEY1 · D is KEY3 · ↓ ↑ turn the page · HOLD: keep it down until its bar is full',
  oled128: 'R down for a moment says yes · Keyboard: A down is R down · D is L · ↓ is R · HOLD: until its bar is full',
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
/**
 * The finger: on which button, and what a short press of it means where a longer one means something else.
 * @type {{ button: HTMLElement | null, short: string, count: number, timers: ReturnType<typeof setTimeout>[] } | null}
 */
let finger = null;

for (const button of document.querySelectorAll('button[data-key]')) {
  if (!(button instanceof HTMLButtonElement)) continue;
  const { key = '', long } = button.dataset;
  button.addEventListener('pointerdown', () => down(button, key, long));
  button.addEventListener('pointerup', () => up(true));
  button.addEventListener('pointerleave', () => up(false));
  button.addEventListener('pointercancel', () => up(false));
  // A long touch is a held key, not a menu of the browser.
  button.addEventListener('contextmenu', (event) => event.preventDefault());
  button.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    if (!event.repeat) down(button, key, long);
  });
  button.addEventListener('keyup', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    up(true);
  });
  button.addEventListener('click', (event) => {
    // A click without a pointer and without a key: a program that helps somebody to press.
    if (event.detail === 0) void send(key, view?.count ?? 0);
  });
}
addEventListener('keydown', (event) => {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = keyOf(event.key);
  if (key === null) return;
  event.preventDefault();
  const small = view?.board === 'oled128';
  if (key === 'approve' && small) down(buttonOf('next'), '', 'approve');
  else down(buttonOf(key), key, undefined);
});
addEventListener('keyup', (event) => {
  if (keyOf(event.key) !== null) up(false);
});
// A key that goes up in another window is not heard.
addEventListener('blur', () => up(false));
addEventListener('resize', fit);
plug.addEventListener('click', () => void post('/cable', { plugged: view?.rows === null }));

bearer = await session();
if (bearer !== null) await listen(bearer);

/**
 * A finger comes down on a button: `key` is pressed, and held if it stays. Where a longer press means something else (`long`), `key`
 * waits for the finger to leave.
 * @param {HTMLElement | null} button @param {string} key @param {string | undefined} long
 */
function down(button, key, long) {
  up(false);
  const count = view?.count ?? 0;
  const held = long ?? key;
  if (long === undefined) void send(key, count);
  const timers = [setTimeout(() => void post('/hold', { key: held }), long === undefined ? holdMs : yesMs + holdMs)];
  if (long !== undefined) timers.push(setTimeout(() => sendLong(long, count), yesMs));
  finger = { button, short: long === undefined ? '' : key, count, timers };
  button?.classList.add('down');
}

/** The longer press: what a short one means is not meant any more. @param {string} key @param {number} count */
function sendLong(key, count) {
  if (finger !== null) finger.short = '';
  void send(key, count);
}

/** The finger leaves; a short press may be the other meaning of the button. @param {boolean} pressed */
function up(pressed) {
  if (finger === null) return;
  const { button, short, count, timers } = finger;
  finger = null;
  for (const timer of timers) clearTimeout(timer);
  button?.classList.remove('down');
  if (pressed && short !== '') void send(short, count);
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
  device.dataset['gone'] = '';
  plug.hidden = true;
  said.textContent = 'The simulator has ended, or this page was left out. Open the address that it printed last.';
}

/** @param {View} next */
async function show(next) {
  const bytes = Uint8Array.from(atob(next.png), (character) => character.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
  // A button that is being held was pressed for what is gone now.
  up(false);
  glass.width = next.width;
  glass.height = next.height;
  glass.getContext('2d')?.drawImage(image, 0, 0);
  device.dataset['board'] = next.board;
  text.textContent = next.rows?.join('\n') ?? 'The device has no power.';
  element('hint', HTMLElement).textContent = hints[next.board];
  plug.hidden = false;
  plug.textContent = next.rows === null ? 'Plug it in' : 'Pull the plug';
  view = next;
  fit();
}

/** As large as the window allows, in whole pixels: a letter of eight columns has them all alike. */
function fit() {
  if (view === null) return;
  const room = Math.floor((document.documentElement.clientWidth - edges) / view.width);
  glass.style.width = `${view.width * Math.max(1, Math.min(scales[view.board], room))}px`;
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

/** The button of the board that is there. @param {string} key @returns {HTMLElement | null} */
function buttonOf(key) {
  const group = view?.board === 'oled128' ? '.two' : '.stick, .keys';
  for (const one of device.querySelectorAll(group)) {
    const button = one.querySelector(`[data-key="${key}"]`);
    if (button instanceof HTMLElement) return button;
  }
  return null;
}

/** @template {HTMLElement} T @param {string} id @param {new () => T} type @returns {T} */
function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${id}`);
  return found;
}

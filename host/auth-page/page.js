/**
 * Follows the outcome: asks how the challenge stands, and loads the page anew when that is another state than the one it shows. The page
 * says everything by itself, so that it is the same without this script, only slower.
 */

/** How soon it looks again: somebody who has just pressed on the device is waiting for it. */
const askingMs = 1_000;
const waitingMs = 4_000;

const main = document.querySelector('main');
const lost = document.getElementById('lost');
const { state = '', words = '' } = main?.dataset ?? {};
const isOpen = state === 'waiting' || state === 'asking';

if (isOpen) lookLater();

function lookLater() {
  setTimeout(look, state === 'asking' ? askingMs : waitingMs);
}

async function look() {
  const said = await standing();
  lost?.toggleAttribute('hidden', said !== null);
  if (said !== null && (said.state !== state || said.words !== words)) location.reload();
  else lookLater();
}

/** @returns {Promise<{ state: string, words: string } | null>} null: nobody answers */
async function standing() {
  try {
    const response = await fetch(location.href, { headers: { Accept: 'application/json' } });
    if (response.status === 404) return { state: 'expired', words: '' };
    return response.ok ? await response.json() : null;
  } catch {
    return null; // The page says so until somebody answers again.
  }
}

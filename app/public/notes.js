const element = (id) => document.getElementById(id);

/** Fetches JSON; repeats what is harmless to repeat, so that a user sees waiting, not errors. */
async function call(path, options = {}) {
  const started = performance.now();
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(path, { ...options, signal: AbortSignal.timeout(40_000) });
      const body = await response.json();
      if (response.status >= 500 && attempt < 5) throw new Error(`HTTP ${response.status}`);
      show(body, performance.now() - started);
      if (!response.ok) throw Object.assign(new Error(body.error?.message ?? `HTTP ${response.status}`), { final: true });
      return body;
    } catch (error) {
      if (error.final || attempt >= 5) throw error;
      element('status').textContent = 'Still trying …';
      await new Promise((resolve) => setTimeout(resolve, 500 * attempt));
    }
  }
}

function show({ web, app, database }, milliseconds) {
  element('web').textContent = web ?? '–';
  element('app').textContent = app ?? '–';
  element('database').textContent = database ?? '–';
  element('time').textContent = `${Math.round(milliseconds)} ms`;
}

function item({ text, createdAt }) {
  const entry = document.createElement('li');
  const time = document.createElement('time');
  time.dateTime = createdAt;
  time.textContent = new Date(createdAt).toLocaleString();
  entry.append(text, time);
  return entry;
}

/** Not crypto.randomUUID: browsers offer it on https only. */
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function load() {
  const { notes } = await call('/api/notes');
  element('notes').replaceChildren(...notes.map(item));
}

// One key for one text: pressing the button again after an error asks for the same note, not for a second one
let pending = { text: '', key: '' };

async function keep(event) {
  event.preventDefault();
  const input = element('text');
  const text = input.value.trim();
  if (!text) return;
  if (pending.text !== text) pending = { text, key: newKey() };
  element('status').textContent = 'Keeping …';
  try {
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': pending.key };
    const { note } = await call('/api/notes', { method: 'POST', headers, body: JSON.stringify({ text }) });
    // Shown from the answer: a reader may not have it yet
    element('notes').prepend(item(note));
    element('status').textContent = 'Kept.';
    input.value = '';
    pending = { text: '', key: '' };
  } catch (error) {
    element('status').textContent = `Not sure that it was kept (${error.message}). Press the button again: it will not be kept twice.`;
  }
}

element('new').addEventListener('submit', keep);
load().catch((error) => {
  element('status').textContent = `The notes cannot be shown: ${error.message}`;
});

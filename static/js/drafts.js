/**
 * What was typed and not sent yet. The tab keeps its own, so that two tabs do not write over each other, and the browser
 * a copy, for the page that comes after a closed tab or a crash. Logging out forgets all of them, and time the copies.
 */

const PREFIX = "draft:";
const MOST_DAYS = 30;

export class Draft {
  #name;

  constructor(owner, conversation) {
    this.#name = `${PREFIX}${owner}:${conversation}`;
  }

  /** The text and the request and key that it was last sent with. */
  read() {
    const left = this.#raw(mine) ?? this.#adopted();
    try {
      return JSON.parse(left) ?? {};
    } catch {
      return {};
    }
  }

  keep(draft) {
    const raw = JSON.stringify({ ...draft, at: Date.now() });
    where(mine, (store) => store.setItem(this.#name, raw));
    where(everybodys, (store) => store.setItem(this.#name, raw));
  }

  /** The same request keeps its key, over reloads too, so that sending it again after a lost reply is safe. */
  keyFor(fields) {
    const request = JSON.stringify(fields);
    const before = this.read();
    const key = before.request === request ? before.key : newKey();
    this.keep({ text: fields.message, request, key });
    return key;
  }

  /** Forget this tab's draft; the copy only where it is this one. */
  forget() {
    const raw = this.#raw(mine);
    where(mine, (store) => store.removeItem(this.#name));
    if (raw === this.#raw(everybodys)) {
      where(everybodys, (store) => store.removeItem(this.#name));
    }
  }

  #adopted() {
    const raw = this.#raw(everybodys);
    if (raw !== null) {
      where(mine, (store) => store.setItem(this.#name, raw));
    }
    return raw;
  }

  #raw(place) {
    return where(place, (store) => store.getItem(this.#name)) ?? null;
  }
}

export function forgetDrafts() {
  drop(mine, () => true);
  drop(everybodys, () => true);
}

export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID is not there on plain HTTP
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function forgetOldDrafts() {
  const oldest = Date.now() - MOST_DAYS * 24 * 60 * 60 * 1000;
  drop(everybodys, (raw) => !(JSON.parse(raw).at > oldest));
}

function drop(place, isUnwanted) {
  where(place, (store) =>
    Object.keys(store)
      .filter((name) => name.startsWith(PREFIX) && isUnwanted(store.getItem(name)))
      .forEach((name) => store.removeItem(name)),
  );
}

// Reached through functions, as naming a forbidden storage throws already.
const mine = () => sessionStorage;
const everybodys = () => localStorage;

function where(place, work) {
  try {
    return work(place());
  } catch {
    // Full or forbidden: the text still stands in the page.
  }
}

forgetOldDrafts();

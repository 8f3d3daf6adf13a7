/** What was typed and not sent yet. Kept by the tab alone, so that nobody else at this computer finds it later. */

const PREFIX = "draft:";

export class Draft {
  #name;

  constructor(owner, conversation) {
    this.#name = `${PREFIX}${owner}:${conversation}`;
  }

  /** The text and the key that it was last sent with. */
  read() {
    try {
      return JSON.parse(sessionStorage.getItem(this.#name)) ?? {};
    } catch {
      return {};
    }
  }

  keep(draft) {
    try {
      sessionStorage.setItem(this.#name, JSON.stringify(draft));
    } catch {
      // Storage is full or forbidden: the text still stands in the page.
    }
  }

  forget() {
    try {
      sessionStorage.removeItem(this.#name);
    } catch {
      // As above.
    }
  }
}

export function forgetDrafts() {
  try {
    Object.keys(sessionStorage)
      .filter((name) => name.startsWith(PREFIX))
      .forEach((name) => sessionStorage.removeItem(name));
  } catch {
    // As above.
  }
}

import { isApple, isCommand } from "./keys.js";

const IN_TEXT = "input, textarea, select, [contenteditable]";

/** The keys that work everywhere, and the sheet that lists them. */
class KeyboardShortcuts extends HTMLElement {
  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    document.addEventListener("keydown", (event) => this.#key(event), { signal });
    document.addEventListener("click", ({ target }) => target.closest("[data-opens-shortcuts]") && this.show(), { signal });
    this.#dialog.addEventListener("click", ({ target }) => target === this.#dialog && this.#dialog.close(), { signal });
    nameKeys();
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  show() {
    document.querySelectorAll("pop-menu:has(> [open])").forEach((menu) => menu.closeAndReturn()); // the sheet's end leads back
    this.#dialog.showModal();
  }

  #listening;

  get #dialog() {
    return this.querySelector("dialog");
  }

  #key(event) {
    const shortcut = this.#shortcut(event);
    if (shortcut && !event.defaultPrevented && !event.isComposing && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      shortcut();
    }
  }

  #shortcut(event) {
    const { key, shiftKey } = event;
    if (isCommand(event) && shiftKey && key.toLowerCase() === "o") {
      return () => location.assign(this.dataset.home);
    }
    if (isCommand(event) && !shiftKey && key === ".") {
      return () => document.querySelector(".composer[data-running] .composer-stop")?.click();
    }
    const isAlone = !event.ctrlKey && !event.metaKey && !event.altKey;
    return isAlone && hasSingleKeys(event.target) ? this.#singleKey(key) : null;
  }

  #singleKey(key) {
    return { "?": () => this.show(), "/": () => document.querySelector(".composer-text")?.focus() }[key];
  }
}

/** Who speaks to the machine, or has hands that slip, turns single keys off. */
function hasSingleKeys(target) {
  return document.documentElement.dataset.keys !== "off" && !target.closest?.(IN_TEXT);
}

/** Where Ctrl is named, machines of Apple have a key of their own. */
function nameKeys() {
  if (isApple) {
    document.querySelectorAll(".key-ctrl").forEach((key) => (key.textContent = "⌘"));
  }
}

customElements.define("keyboard-shortcuts", KeyboardShortcuts);

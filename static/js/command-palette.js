import { elementsOf } from "./html.js";
import { isCommand } from "./keys.js";
import { getHtml } from "./requests.js";

const PAUSE = 120; // ms without a key, before the site is asked
const RECENT = 8; // chats that are offered before anything is typed

/**
 * The way to each chat and action from the keyboard: a dialog with a field, and what fits its words. Opens by Ctrl+K, and
 * by what bears `data-opens-palette`.
 */
class CommandPalette extends HTMLElement {
  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    document.addEventListener("keydown", (event) => isOpener(event) && this.#toggle(event), { signal });
    document.addEventListener("click", (event) => isPlainPress(event) && this.#toggle(event), { signal });
    this.#dialog.addEventListener("click", (event) => this.#clicked(event), { signal });
    this.#dialog.addEventListener("pointermove", (event) => this.#point(event.target.closest("[role=option]")), { signal });
    this.#dialog.addEventListener("close", () => clearTimeout(this.#timer), { signal });
    this.#input.addEventListener("input", () => this.#typed(), { signal });
    this.#input.addEventListener("keydown", (event) => this.#key(event), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
    clearTimeout(this.#timer);
  }

  open() {
    this.#input.value = "";
    this.#dialog.showModal();
    this.#typed();
  }

  close() {
    this.#dialog.close();
  }

  #listening;
  #timer = 0;
  #active = null;

  get #dialog() {
    return this.querySelector("dialog");
  }

  get #input() {
    return this.querySelector(".palette-input");
  }

  /** Where it is said that the site has more chats with these words than it offers. */
  get #more() {
    return this.querySelector(".palette-more");
  }

  get #words() {
    return fold(this.#input.value).split(/\s+/).filter(Boolean);
  }

  get #options() {
    return [...this.querySelectorAll("[role=option]")].filter((option) => option.checkVisibility());
  }

  #toggle(event) {
    event.preventDefault();
    if (this.#dialog.open) {
      this.close();
    } else if (!document.querySelector("dialog[open]")) {
      this.open();
    }
  }

  #typed() {
    this.#point(undefined);
    this.#offerActions();
    this.#offerChats(this.#fitting([...document.querySelectorAll(".sidebar-item")]).slice(0, RECENT));
    this.#more.textContent = "";
    clearTimeout(this.#timer);
    if (this.#words.length) {
      this.#timer = setTimeout(() => this.#ask(this.#input.value), PAUSE);
    }
  }

  /** Actions that can be done on this page; before the chats, where one begins with what was typed. */
  #offerActions() {
    const group = this.querySelector("[data-actions]");
    const actions = [...group.querySelectorAll("[role=option]")];
    const fitting = this.#fitting(actions.filter((action) => action.href || targetOf(action)));
    actions.forEach((action) => (action.hidden = !fitting.includes(action)));
    group.hidden = !fitting.length;
    const typed = this.#words.join(" ");
    group.classList.toggle("palette-first", typed && fitting.some((action) => fold(action.textContent).startsWith(typed)));
  }

  /** The site knows more chats than the sidebar shows. */
  async #ask(asked) {
    const url = `${this.dataset.listUrl}?q=${encodeURIComponent(asked)}`;
    const items = elementsOf(await getHtml(url).catch(() => ""));
    if (items.length && asked === this.#input.value) {
      this.#offerChats(items.map((item) => item.querySelector(".sidebar-item")).filter(Boolean));
      this.#more.replaceChildren(...(items.find((item) => item.matches("[data-more]"))?.childNodes ?? []));
    }
  }

  #offerChats(links) {
    const group = this.querySelector("[data-chats]");
    group.querySelectorAll("[role=option]").forEach((option) => option.remove());
    group.append(...links.map((link) => this.#optionFor(link)));
    group.hidden = !links.length;
    this.#number();
  }

  #optionFor(link) {
    const option = this.querySelector("template").content.firstElementChild.cloneNode();
    option.href = link.href;
    option.append(...[...link.childNodes].map((node) => node.cloneNode(true)));
    return option;
  }

  #fitting(elements) {
    return elements.filter((element) => {
      const text = fold(element.textContent);
      return this.#words.every((word) => text.includes(word));
    });
  }

  #number() {
    const shown = this.#options;
    this.querySelectorAll("[role=option]").forEach((option) => option.removeAttribute("id"));
    shown.forEach((option, index) => (option.id = `palette-option-${index}`));
    const isFirst = (option) => option.closest(".palette-first");
    this.#point(shown.find((option) => isSame(option, this.#active)) ?? shown.find(isFirst) ?? shown[0]);
    const nothing = this.querySelector(".palette-nothing");
    nothing.textContent = shown.length ? "" : nothing.dataset.sentence;
  }

  #point(option) {
    if (option === null) {
      return; // the pointer is between them
    }
    this.#active?.setAttribute("aria-selected", "false");
    this.#active = option;
    this.#input.setAttribute("aria-activedescendant", option?.id ?? "");
    option?.setAttribute("aria-selected", "true");
  }

  #key(event) {
    if (event.isComposing) {
      return;
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.#step(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.#active?.click();
    }
  }

  #step(by) {
    const shown = this.#options.sort((one, other) => top(one) - top(other));
    if (shown.length) {
      this.#point(shown.at((shown.indexOf(this.#active) + by) % shown.length));
      this.#active.scrollIntoView({ block: "nearest" });
    }
  }

  #clicked({ target }) {
    const option = target.closest("[role=option]");
    if (option || target === this.#dialog || target.closest(".palette-close")) {
      this.close();
    }
    if (option?.dataset.does) {
      perform(targetOf(option));
    }
  }
}

function isOpener(event) {
  return isCommand(event) && !event.shiftKey && event.key.toLowerCase() === "k";
}

/** With a key held, the link leads elsewhere: to a tab of its own. */
function isPlainPress({ target, ctrlKey, metaKey, shiftKey }) {
  return target.closest("[data-opens-palette]") && !ctrlKey && !metaKey && !shiftKey;
}

/** Whether they lead to the same, though a chat's option was made anew meanwhile. */
function isSame(option, other) {
  return option === other || (option.href !== undefined && option.href === other?.href);
}

/** Where on the page the action is done. */
function targetOf({ dataset }) {
  return [...document.querySelectorAll(dataset.does)].find((place) => !place.hidden);
}

function perform(target) {
  if (target.matches("summary, input, textarea, select")) {
    openAround(target.matches("summary") ? target.parentElement : target);
    target.focus();
  }
  if (target.matches("summary, button")) {
    target.click();
  }
}

function openAround(element) {
  const fold = element.parentElement.closest("details");
  if (fold) {
    fold.open = true;
    openAround(fold);
  }
}

function top(element) {
  return element.getBoundingClientRect().top;
}

/** As the server folds titles, nearly enough for those that stand here. */
function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();
}

customElements.define("command-palette", CommandPalette);

import { keepFocus } from "./focus.js";
import { elementsOf } from "./html.js";
import { getHtml } from "./requests.js";
import { onReturn } from "./returning.js";

/**
 * The newest chats, beside them. A tab that comes back shows what was begun, renamed or deleted elsewhere meanwhile, and
 * says `chats:listed` {items} of what the site lists now.
 */
class ChatList extends HTMLElement {
  connectedCallback() {
    this.#listening = new AbortController();
    onReturn(() => this.#catchUp(), this.#listening);
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  #listening;

  async #catchUp() {
    const items = await getHtml(this.dataset.url).then(elementsOf, () => null);
    if (!items) {
      return;
    }
    this.dispatchEvent(new CustomEvent("chats:listed", { bubbles: true, detail: { items } }));
    const isRead = this.closest(".sidebar-list").scrollTop > 0; // who reads further down is left there
    if (!isRead && textOf(items) !== textOf(this.#shownAs(items))) {
      this.#show(items);
    }
  }

  /** What is listed here of what `items` list: all, or as many where older ones follow. */
  #shownAs(items) {
    const shown = [...this.querySelector("ul").children];
    return items.some(isWayToOlder) ? shown.slice(0, items.length - 1) : shown;
  }

  #show(items) {
    const here = this.querySelector("[aria-current]")?.pathname;
    keepFocus(this, () => this.querySelector("ul").replaceChildren(...items));
    this.querySelector(`a[href="${CSS.escape(here ?? "")}"]`)?.setAttribute("aria-current", "page");
    htmx.process(this); // for the way to older ones
  }
}

function textOf(items) {
  const chats = items.filter((item) => !isWayToOlder(item));
  const told = ({ pathname, textContent }) => pathname + textContent.trim();
  return chats.map((item) => [...item.querySelectorAll("a")].map(told)).join("\n"); // those of a group are told apart
}

function isWayToOlder(item) {
  return item.matches(".sidebar-older");
}

customElements.define("chat-list", ChatList);

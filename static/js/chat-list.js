import { keepFocus } from "./focus.js";
import { elementsOf } from "./html.js";
import { getHtml } from "./requests.js";
import { onReturn } from "./returning.js";

/** The newest chats, beside them. A tab that comes back shows what was begun or renamed elsewhere meanwhile. */
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
    const items = elementsOf(await getHtml(this.dataset.url).catch(() => ""));
    const isRead = this.closest(".sidebar-list").scrollTop > 0; // who reads further down is left there
    if (items.length && !isRead && textOf(items) !== textOf(this.#items.slice(0, items.length))) {
      this.#show(items);
    }
  }

  get #items() {
    return [...this.querySelectorAll("li")];
  }

  #show(items) {
    const here = this.querySelector("[aria-current]")?.pathname;
    keepFocus(this, () => this.querySelector("ul").replaceChildren(...items));
    this.querySelector(`a[href="${CSS.escape(here ?? "")}"]`)?.setAttribute("aria-current", "page");
    htmx.process(this); // for the way to older ones
  }
}

function textOf(items) {
  return items.map((item) => item.querySelector("a").pathname + item.textContent.trim()).join("\n");
}

customElements.define("chat-list", ChatList);

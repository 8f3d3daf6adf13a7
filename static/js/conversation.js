import { elementsOf } from "./html.js";
import { getHtml } from "./requests.js";

const MARK = "● ";
const TITLE_PAUSES = [1_000, 2_000, 4_000, 8_000]; // ms; a short answer ends before the model has named the conversation

/** A conversation's page: its title wherever it stands, and the mark in the tab. */
class ChatConversation extends HTMLElement {
  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.addEventListener("answer:title", (event) => this.#entitle(event.detail.title), { signal });
    document.addEventListener("chats:listed", (event) => this.#entitleAs(event.detail.items), { signal });
    document.addEventListener("answer:end", () => this.#ended(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.#unmark(), { signal });
    addEventListener("focus", () => this.#unmark(), { signal });
    if (!this.querySelector("chat-answer[data-running]")) {
      this.#expectTitle(); // the page may have come after the answer and before the title
    }
  }

  disconnectedCallback() {
    this.#listening.abort();
    clearTimeout(this.#timer);
  }

  #listening;
  #timer = 0;
  #isEntitled = false;

  get #titles() {
    return document.querySelectorAll(this.#titlesSelector);
  }

  get #titlesSelector() {
    return `[data-title-of="${CSS.escape(this.dataset.uuid)}"]`;
  }

  /** Take the title that `items` of the list have; whether it is another one. */
  #entitleAs(items) {
    const title = items.map((item) => item.querySelector(this.#titlesSelector)).find(Boolean)?.textContent;
    const isNew = title && [...this.#titles].some((place) => place.textContent !== title);
    if (isNew) {
      this.#entitle(title);
    }
    return isNew;
  }

  #entitle(title) {
    this.#isEntitled = true;
    this.#titles.forEach((place) => (place.textContent = title));
    const field = document.querySelector(".conversation-menu [name=title]");
    if (field && field !== document.activeElement) {
      field.defaultValue = field.value = title;
    }
    const mark = document.title.startsWith(MARK) ? MARK : "";
    document.title = `${mark}${title} · ${this.dataset.site}`;
  }

  #ended() {
    if (document.hidden || !document.hasFocus()) {
      this.#mark();
    }
    this.#expectTitle();
  }

  #expectTitle() {
    if (!this.#isEntitled && this.querySelectorAll("chat-answer").length === 1) {
      this.#askForTitle(TITLE_PAUSES);
    }
  }

  #askForTitle([pause, ...pauses]) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      const items = await getHtml(this.dataset.listUrl).then(elementsOf, () => []); // the next page has it
      if (!this.#entitleAs(items) && pauses.length) {
        this.#askForTitle(pauses);
      }
    }, pause);
  }

  #mark() {
    this.#unmark();
    document.title = MARK + document.title;
  }

  #unmark() {
    if (document.title.startsWith(MARK)) {
      document.title = document.title.slice(MARK.length);
    }
  }
}

customElements.define("chat-conversation", ChatConversation);

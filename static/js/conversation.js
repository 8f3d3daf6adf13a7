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
      const title = await this.#titleInList();
      if (title && [...this.#titles].some((place) => place.textContent !== title)) {
        this.#entitle(title);
      } else if (pauses.length) {
        this.#askForTitle(pauses);
      }
    }, pause);
  }

  async #titleInList() {
    try {
      const items = elementsOf(await getHtml(this.dataset.listUrl));
      return items.map((item) => item.querySelector(this.#titlesSelector)).find(Boolean)?.textContent;
    } catch {
      return ""; // the next page has it
    }
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

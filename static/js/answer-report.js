import { Draft } from "./drafts.js";
import { postForJson } from "./requests.js";
import { errorAbove } from "./send-error.js";
import { whileBusy } from "./sending.js";

/** Asks administrators to look at an answer, in its menu. Sends it by script: what is typed anywhere stays. */
class AnswerReport extends HTMLElement {
  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.#draft = new Draft(this.dataset.owner, `report-${this.dataset.message}`);
    this.#text.value = this.#draft.read().text || this.#text.value;
    this.addEventListener("submit", (event) => this.#submit(event), { signal });
    this.addEventListener("reset", () => this.#draft.forget(), { signal });
    this.#text.addEventListener("input", () => this.#draft.keep({ text: this.#text.value }), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  async report() {
    const url = this.#text.form.getAttribute("action"); // `form.action` is its field of that name
    const { message } = await postForJson(url, { action: "report", reason: this.#text.value });
    this.#draft.forget();
    this.#text.value = this.#text.defaultValue = message.report;
    this.closest("pop-menu").closeAndReturn();
    const told = this.closest(".answer-actions").querySelector("[data-reported]");
    told.textContent = told.dataset.reported;
  }

  #listening;
  #draft;

  get #text() {
    return this.querySelector("textarea");
  }

  #submit(event) {
    event.preventDefault();
    whileBusy(this, errorAbove(this.#text), () => this.report());
  }
}

customElements.define("answer-report", AnswerReport);

import { Draft } from "./drafts.js";
import { fromTemplate } from "./html.js";
import { postForJson } from "./requests.js";
import { errorAbove } from "./send-error.js";
import { whileBusy } from "./sending.js";

/**
 * Asks administrators to look at an answer, in its menu. Sends it by script: what is typed anywhere stays. The form is
 * the page's, put here in the place of the link to it when the menu is opened first.
 */
class AnswerReport extends HTMLElement {
  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.#draft = new Draft(this.dataset.owner, `report-${this.dataset.message}`);
    this.addEventListener("submit", (event) => this.#submit(event), { signal });
    this.addEventListener("reset", () => this.#draft.forget(), { signal });
    this.addEventListener("input", () => this.#draft.keep({ text: this.#text.value }), { signal });
    this.closest("details").addEventListener("toggle", () => this.#takeForm(), { signal });
    this.#restore();
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  async report() {
    const { url } = this.closest("chat-answer").dataset;
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

  #takeForm() {
    const link = this.querySelector("[data-reason]");
    if (link) {
      const form = fromTemplate("data-report");
      ["id", "for", "aria-describedby"].forEach((name) => this.#makeOwn(form, name));
      link.replaceWith(form);
      this.#text.value = this.#text.defaultValue = link.dataset.reason;
      this.#restore();
    }
  }

  /** Each answer's form has ids of its own, which begin as those of the page's. */
  #makeOwn(form, name) {
    for (const each of form.querySelectorAll(`[${name}]`)) {
      each.setAttribute(name, each.getAttribute(name) + this.dataset.message);
    }
  }

  /** What was typed and not sent before a reload or a closed tab. */
  #restore() {
    if (this.#text) {
      this.#text.value = this.#draft.read().text || this.#text.value;
    }
  }

  #submit(event) {
    event.preventDefault();
    whileBusy(this, errorAbove(this.#text), () => this.report());
  }
}

customElements.define("answer-report", AnswerReport);

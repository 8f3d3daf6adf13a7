import { Draft } from "./drafts.js";
import { focusOn } from "./focus.js";
import { fromTemplate } from "./html.js";
import { postForJson } from "./requests.js";
import { errorAbove } from "./send-error.js";
import { whileBusy } from "./sending.js";

/**
 * The thumbs of an answer. One that is pressed is saved at once, and the reason asked for below; pressed again it is
 * taken back. Says `rating:refused` {error} where that is not possible; of the reason it is said above its field.
 * The form for the reason is the page's, put here in the place of the link to it when there is a verdict.
 */
class AnswerRating extends HTMLElement {
  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.#draft = new Draft(this.dataset.owner, `reason-${this.dataset.message}`);
    this.addEventListener("submit", (event) => this.#submit(event), { signal });
    this.addEventListener("input", () => this.#draft.keep({ text: this.#text.value }), { signal });
    this.addEventListener("keydown", (event) => this.#key(event), { signal });
    if (this.dataset.verdict || this.#details) {
      this.#ask();
    }
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  /** Keep this verdict, or none: "". The reason for another one stays in the field alone, to be sent or changed. */
  async rate(verdict) {
    if (this.hasAttribute("data-busy")) {
      return;
    }
    const before = this.dataset.verdict;
    this.toggleAttribute("data-busy", true);
    this.#ask();
    if (this.#text.value) {
      this.#draft.keep({ text: this.#text.value });
    }
    this.#show(verdict);
    this.#details.open = verdict !== "";
    this.#details.scrollIntoView({ block: "nearest" });
    try {
      this.#reason.textContent = await this.#post("");
    } catch (error) {
      this.#show(before);
      this.#details.open = false;
      this.dispatchEvent(new CustomEvent("rating:refused", { bubbles: true, detail: { error } }));
    } finally {
      this.toggleAttribute("data-busy", false);
    }
  }

  async sendReason() {
    this.#text.readOnly = true; // what was typed meanwhile would go with the form
    try {
      this.#reason.textContent = this.#text.value = await this.#post(this.#text.value);
      this.#draft.forget();
      this.#fold();
    } finally {
      this.#text.readOnly = false;
    }
  }

  #listening;
  #draft;
  #saved = Promise.resolve(); // the verdict: who sends a reason at once waits for it

  get #details() {
    return this.querySelector("details");
  }

  get #text() {
    return this.querySelector("textarea");
  }

  get #reason() {
    return this.querySelector(".rating-reason");
  }

  #submit(event) {
    event.preventDefault();
    if (event.target === this.#text?.form) {
      this.#saved.then(() => whileBusy(this, errorAbove(this.#text), () => this.sendReason()));
    } else {
      this.#saved = this.rate(event.submitter.value.replace("none", ""));
    }
  }

  #key(event) {
    if (event.key === "Escape" && event.target.closest("details[open]") && !event.isComposing) {
      event.stopPropagation();
      this.#fold();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target === this.#text) {
      event.preventDefault();
      this.#text.form.requestSubmit();
    }
  }

  #fold() {
    this.#details.open = false;
    focusOn(this.#details.querySelector("summary"));
  }

  /** The form is here, with a reason that was not sent before a reload or a closed tab. */
  #ask() {
    if (!this.#details) {
      this.#takeForm();
    }
    const { text } = this.#draft.read();
    if (text) {
      this.#text.value = text;
      this.#details.open = this.dataset.verdict !== "";
    }
  }

  #takeForm() {
    const form = fromTemplate("data-rating-why");
    const reason = this.#reason?.textContent ?? "";
    this.querySelector(".rating-why")?.remove();
    this.append(form);
    this.#reason.textContent = this.#text.value = reason;
  }

  #show(verdict) {
    this.dataset.verdict = verdict;
    for (const thumb of this.querySelectorAll(".rating-thumbs button")) {
      const isPressed = thumb.dataset.verdict === verdict;
      thumb.setAttribute("aria-pressed", isPressed);
      thumb.value = isPressed ? "none" : thumb.dataset.verdict;
    }
  }

  async #post(reason) {
    const fields = { action: "rate", verdict: this.dataset.verdict || "none", reason };
    const { message } = await postForJson(this.querySelector("form").getAttribute("action"), fields);
    return message.reason;
  }
}

customElements.define("answer-rating", AnswerRating);

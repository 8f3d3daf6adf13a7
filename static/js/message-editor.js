import { Draft } from "./drafts.js";
import { focusOn } from "./focus.js";
import { errorAbove } from "./send-error.js";
import { sendDraft, tooLong, whileBusy } from "./sending.js";

/**
 * The form in which a message is edited. Sends it by script, so that an error leaves the text where it is, and says
 * `branch:shown` {message} when the new version is there.
 */
class MessageEditor extends HTMLElement {
  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.#draft = new Draft(this.dataset.owner, `edit-${this.dataset.message}`);
    this.#form.addEventListener("submit", (event) => this.#submit(event), { signal });
    this.querySelector("summary").addEventListener("click", (event) => this.#pressed(event), { signal });
    this.#text.addEventListener("input", () => this.#typed(), { signal });
    this.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.#restore();
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  edit() {
    this.#before = document.activeElement;
    this.#details.open = true;
    this.#text.focus();
    this.#text.setSelectionRange(this.#text.value.length, this.#text.value.length);
  }

  /** Leave the message as it is. */
  cancel() {
    this.#details.open = false;
    this.#draft.forget();
    this.#text.value = this.#original;
    this.#error.hush();
    focusOn(this.#before?.matches("textarea") && this.#before, this.querySelector("summary"));
  }

  async send() {
    const reason = tooLong(this.#text.value, this.#sentences);
    if (reason) {
      this.#error.say(reason, { isMild: true });
    } else if (this.#text.value.trim()) {
      await whileBusy(this, this.#error, () => this.#send());
    }
  }

  #listening;
  #before = null; // where one was
  #draft;

  get #details() {
    return this.querySelector("details");
  }

  get #form() {
    return this.querySelector("form");
  }

  get #text() {
    return this.querySelector("textarea");
  }

  get #original() {
    return this.closest(".question").querySelector(".question-text").textContent;
  }

  /** The sentences of the page, which stand there once for all messages. */
  get #sentences() {
    return document.querySelector("[data-byte-limit]").dataset;
  }

  get #error() {
    return errorAbove(this.#text);
  }

  #pressed(event) {
    event.preventDefault(); // the browser would do it a moment later, when the next key is on its way
    if (this.#details.open) {
      this.cancel();
    } else {
      this.edit();
    }
  }

  /** What was being edited before a reload or a closed tab. */
  #restore() {
    const { text } = this.#draft.read();
    if (text && !this.#details.open) {
      this.#text.value = text;
      this.#details.open = true;
    }
  }

  #typed() {
    this.#error.hush();
    this.#draft.keep({ ...this.#draft.read(), text: this.#text.value });
  }

  #key(event) {
    if (event.key === "Escape" && this.#details.open && !event.isComposing) {
      event.stopPropagation();
      this.cancel();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target === this.#text) {
      event.preventDefault();
      this.send();
    }
  }

  #submit(event) {
    event.preventDefault();
    this.send();
  }

  async #send() {
    this.#text.readOnly = true; // what was typed meanwhile would go with the form
    try {
      const url = this.#form.getAttribute("action"); // `form.action` is its field of that name
      const reply = await sendDraft(this.#draft, url, { action: "edit", message: this.#text.value });
      const detail = { message: reply.message.id };
      this.dispatchEvent(new CustomEvent("branch:shown", { bubbles: true, detail }));
    } finally {
      this.#text.readOnly = false;
    }
  }
}

customElements.define("message-editor", MessageEditor);

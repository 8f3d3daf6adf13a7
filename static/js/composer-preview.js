import { nodesOf } from "./html.js";
import { postForHtml } from "./requests.js";

/**
 * The button that shows what is written as Markdown, in the place of the text (`data-shown`), and back. The server renders it, as it
 * renders answers. Says `preview:refused` {error} where it cannot be had.
 */
class ComposerPreview extends HTMLElement {
  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.#button.addEventListener("click", () => (this.#isShown ? this.hide() : this.show()), { signal });
    this.#place.addEventListener("keydown", (event) => event.key === "Escape" && this.hide(), { signal });
    document.addEventListener("composer:sent", () => this.#isShown && this.hide(), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  async show() {
    try {
      const html = await postForHtml(this.dataset.url, { text: this.#text.value });
      this.#place.replaceChildren(...nodesOf(html));
    } catch (error) {
      this.dispatchEvent(new CustomEvent("preview:refused", { bubbles: true, detail: { error } }));
      return;
    }
    this.#place.style.setProperty("--least", `${this.#text.offsetHeight}px`);
    this.#set(true);
    this.#place.focus({ preventScroll: true });
  }

  hide() {
    this.#set(false);
    this.#place.replaceChildren();
    this.#text.focus({ preventScroll: true });
  }

  #listening;

  get #button() {
    return this.querySelector("button");
  }

  get #isShown() {
    return !this.#place.hidden;
  }

  get #text() {
    return this.closest("form").querySelector("textarea");
  }

  get #place() {
    return this.closest("form").querySelector(".composer-looks");
  }

  #set(isShown) {
    this.toggleAttribute("data-shown", isShown);
    this.#place.hidden = !isShown;
    this.#text.hidden = isShown;
  }
}

customElements.define("composer-preview", ComposerPreview);

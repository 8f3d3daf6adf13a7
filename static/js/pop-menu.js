/** A menu in a <details>: closes on Escape, and when the reader turns to something else. */
class PopMenu extends HTMLElement {
  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    document.addEventListener("pointerdown", (event) => this.contains(event.target) || this.close(), { signal });
    this.addEventListener("focusout", (event) => this.#left(event.relatedTarget), { signal });
    this.addEventListener("keydown", (event) => event.key === "Escape" && this.#escape(event), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  close() {
    this.#menu.open = false;
  }

  #listening;

  get #menu() {
    return this.querySelector("details");
  }

  #left(target) {
    if (target && !this.contains(target)) {
      this.close();
    }
  }

  #escape(event) {
    if (this.#menu.open) {
      event.stopPropagation();
      this.close();
      this.querySelector("summary").focus();
    }
  }
}

customElements.define("pop-menu", PopMenu);

/** A menu in a <details>: closes on Escape, by its Cancel links, and when the reader turns to something else. */
class PopMenu extends HTMLElement {
  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    document.addEventListener("pointerdown", (event) => this.contains(event.target) || this.close(), { signal });
    this.addEventListener("focusout", (event) => this.#left(event.relatedTarget), { signal });
    this.addEventListener("click", (event) => event.target.closest("[data-cancel]") && this.#cancel(event), { signal });
    this.addEventListener("toggle", (event) => this.#toggled(event.target), { capture: true, signal });
    this.addEventListener("keydown", (event) => event.key === "Escape" && this.#escape(event), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  /** Also what is folded out in it, so that it always opens alike. */
  close() {
    this.querySelectorAll("details[open]").forEach((part) => (part.open = false));
  }

  /** The focus is on what opens it. */
  closeAndReturn() {
    this.close();
    this.querySelector("summary").focus();
  }

  #listening;

  get #menu() {
    return this.querySelector("details");
  }

  /** What opens is in view, as far as it can be. */
  #toggled(part) {
    if (part.open) {
      this.querySelector(".menu-panel").scrollIntoView({ block: "nearest" });
    }
  }

  #left(target) {
    if (target && !this.contains(target)) {
      this.close();
    }
  }

  #cancel(event) {
    event.preventDefault();
    event.target.closest("form").reset();
    this.closeAndReturn();
  }

  #escape(event) {
    if (this.#menu.open) {
      event.stopPropagation();
      this.closeAndReturn();
    }
  }
}

customElements.define("pop-menu", PopMenu);

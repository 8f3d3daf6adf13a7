/** Chooses the preset of a new chat: the preset's model is the one that is shown. */
class ChoosePreset extends HTMLElement {
  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.#select.addEventListener("change", () => this.#showModel(), { signal });
    if (this.#select.value) {
      this.#showModel();
    }
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  #listening;

  get #select() {
    return this.querySelector("select");
  }

  #showModel() {
    const model = this.closest("form").querySelector("select[name=model]");
    if (model) {
      model.value = this.#select.selectedOptions[0].dataset.model ?? "";
      model.value ||= ""; // the preset's model is not offered any more
    }
  }
}

customElements.define("choose-preset", ChoosePreset);

/**
 * Chooses the preset of a new chat. What is sent by script takes the preset with its address; and the preset's model
 * is the one that is shown.
 */
class ChoosePreset extends HTMLElement {
  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.#select.addEventListener("change", () => this.#choose(), { signal });
    addEventListener("pageshow", () => this.#address(), { signal }); // the browser may have chosen as it was left
    if (this.#select.value) {
      this.#choose();
    }
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  #listening;

  get #select() {
    return this.querySelector("select");
  }

  #choose() {
    this.#address();
    const model = this.closest("form").querySelector("select[name=model]");
    if (model) {
      model.value = this.#select.selectedOptions[0].dataset.model ?? "";
      model.value ||= ""; // the preset's model is not offered any more
    }
  }

  #address() {
    const form = this.closest("form");
    const url = new URL(form.action);
    url.search = this.#select.value ? new URLSearchParams({ preset: this.#select.value }) : "";
    form.action = url.href;
  }
}

customElements.define("choose-preset", ChoosePreset);

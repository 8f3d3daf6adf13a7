/** Chooses all of a list, or none; it shows whether some, all or none are chosen. */
class PickAll extends HTMLElement {
  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.#form.addEventListener("change", ({ target }) => this.#changed(target), { signal });
    addEventListener("pageshow", () => this.#show(), { signal }); // a browser may bring back what was chosen
    this.#show();
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  #listening;

  get #form() {
    return this.closest("form");
  }

  get #all() {
    return this.querySelector("input");
  }

  get #rows() {
    return [...this.#form.querySelectorAll("input[name=id]")];
  }

  #changed(box) {
    if (box === this.#all) {
      this.#rows.forEach((row) => (row.checked = box.checked));
    }
    this.#show();
  }

  #show() {
    const chosen = this.#rows.filter((row) => row.checked);
    this.#all.checked = chosen.length === this.#rows.length;
    this.#all.indeterminate = chosen.length > 0 && !this.#all.checked;
  }
}

customElements.define("pick-all", PickAll);

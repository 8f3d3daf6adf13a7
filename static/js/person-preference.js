import { postForJson } from "./requests.js";

/** How a person wants the site to be, one of a few: in force at once, and kept by the form that it already is. */
class PersonPreference extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", this);
  }

  disconnectedCallback() {
    this.removeEventListener("submit", this);
  }

  async handleEvent(event) {
    event.preventDefault();
    const { name, value } = event.submitter;
    this.#show(name, value);
    try {
      await postForJson(event.target.action, { [name]: value });
    } catch (error) {
      if (error.status !== 401) {
        return; // in force, though not kept: no reason to disturb anybody
      }
      location.reload();
    }
  }

  /** Style sheets and scripts find it on the page's root, which is bare where the usual is wanted. */
  #show(name, value) {
    const root = document.documentElement;
    if (value === this.dataset.usual) {
      delete root.dataset[name];
    } else {
      root.dataset[name] = value;
    }
    this.querySelectorAll("button").forEach((button) =>
      button.setAttribute("aria-pressed", String(button.value === value)),
    );
  }
}

customElements.define("person-preference", PersonPreference);

import { postForJson } from "./requests.js";

/** Light, dark or the system's: shown at once, and kept by the form that it already is. */
class ThemeChoice extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", this);
  }

  disconnectedCallback() {
    this.removeEventListener("submit", this);
  }

  async handleEvent(event) {
    event.preventDefault();
    const theme = event.submitter.value;
    this.#show(theme);
    try {
      await postForJson(event.target.action, { theme });
    } catch (error) {
      if (error.status !== 401) {
        return; // shown, though not kept: no reason to disturb anybody
      }
      location.reload();
    }
  }

  #show(theme) {
    const root = document.documentElement;
    if (theme === "system") {
      delete root.dataset.theme;
    } else {
      root.dataset.theme = theme;
    }
    this.querySelectorAll("button").forEach((button) =>
      button.setAttribute("aria-pressed", String(button.value === theme)),
    );
  }
}

customElements.define("theme-choice", ThemeChoice);

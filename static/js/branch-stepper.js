import { postForJson } from "./requests.js";

/**
 * Steps through the versions of a message. Says `branch:shown` {message, step} when the server shows another one, for
 * the transcript to follow, and `branch:refused` {error}.
 */
class BranchStepper extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", this);
  }

  disconnectedCallback() {
    this.removeEventListener("submit", this);
  }

  async handleEvent(event) {
    event.preventDefault();
    const { formAction, dataset } = event.submitter;
    try {
      await postForJson(formAction, { action: "show" });
      this.#emit("branch:shown", { message: dataset.shows, step: dataset.step });
    } catch (error) {
      this.#emit("branch:refused", { error });
    }
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

customElements.define("branch-stepper", BranchStepper);

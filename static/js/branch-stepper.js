import { postForJson } from "./requests.js";

let isStepping = false; // on this page

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
    if (isStepping) {
      return; // the page of the step before would come last
    }
    isStepping = true;
    try {
      await postForJson(formAction, { action: "show" });
      this.#emit("branch:shown", { message: dataset.shows, step: dataset.step });
    } catch (error) {
      this.#emit("branch:refused", { error });
    } finally {
      isStepping = false;
    }
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

customElements.define("branch-stepper", BranchStepper);

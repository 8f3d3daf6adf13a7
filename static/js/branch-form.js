import { postForJson } from "./requests.js";

/**
 * A form that leads to another branch: to another version of a message, or to a new answer. Sends it by script, and says
 * `branch:shown` {message, step} when the server shows it, for the transcript to follow, or `branch:refused` {error}.
 */
class BranchForm extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", this);
  }

  disconnectedCallback() {
    this.removeEventListener("submit", this);
  }

  async handleEvent(event) {
    event.preventDefault();
    const transcript = this.closest("chat-transcript");
    if (transcript.hasAttribute("data-branching")) {
      return; // the page of what was asked for before would come last; all such forms are dim meanwhile
    }
    transcript.toggleAttribute("data-branching", true);
    this.setAttribute("aria-busy", "true");
    try {
      await this.#send(event.target, event.submitter);
    } catch (error) {
      this.#emit("branch:refused", { error });
    } finally {
      transcript.toggleAttribute("data-branching", false);
      this.removeAttribute("aria-busy");
    }
  }

  async #send(form, submitter) {
    const url = submitter.getAttribute("formaction") ?? form.getAttribute("action"); // `form.action` may be a field
    const { answer } = (await postForJson(url, new FormData(form, submitter))) ?? {};
    this.#emit("branch:shown", { message: answer?.id ?? submitter.dataset.shows, step: submitter.dataset.step });
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

customElements.define("branch-form", BranchForm);

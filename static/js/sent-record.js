import { nodesOf } from "./html.js";
import { getHtml } from "./requests.js";

/** What an answer was made from: fetched when it is first looked at, in the place of the link to its page. */
class SentRecord extends HTMLElement {
  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.#details.addEventListener("toggle", () => this.#look(), { signal });
    this.addEventListener("click", (event) => this.#follow(event), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  #listening;

  get #details() {
    return this.closest("details");
  }

  async #look() {
    const link = this.querySelector("[data-page]");
    if (!link || !this.#details.open) {
      return;
    }
    try {
      this.replaceChildren(headed(link.textContent), ...nodesOf(await getHtml(link.href)));
      this.scrollIntoView({ block: "nearest" });
    } catch {
      link.focus({ preventScroll: true }); // it still leads there
    }
  }

  /** A message that is on the page needs no other one. */
  #follow(event) {
    const link = event.target.closest("a[href*='#message-']");
    const message = link && document.getElementById(link.hash.slice(1));
    if (message) {
      event.preventDefault();
      this.closest("pop-menu").close();
      message.tabIndex = -1;
      message.focus({ preventScroll: true });
      message.scrollIntoView({ block: "start" });
    }
  }
}

function headed(title) {
  const heading = document.createElement("h2");
  heading.className = "sent-title";
  heading.textContent = title;
  return heading;
}

customElements.define("sent-record", SentRecord);

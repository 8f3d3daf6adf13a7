import { getElement } from "./requests.js";
import { FIRST_PAUSE, LONGEST_PAUSE } from "./stream.js";

const NEAR = 80; // px from the end count as the end
const NO_UUID = "00000000-0000-0000-0000-000000000000";

/** The messages. Follows the end where the reader was there, and never drags a reader who is elsewhere. */
class ChatTranscript extends HTMLElement {
  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.addEventListener("scroll", () => this.#scrolled(), { passive: true, signal });
    this.#endButton.addEventListener("click", () => this.toEnd(), { signal });
    document.addEventListener("composer:sent", (event) => this.#appendInTurn(event.detail), { signal });
    this.addEventListener("htmx:beforeSwap", () => (this.#below = this.scrollHeight - this.scrollTop), { signal });
    this.addEventListener("htmx:afterSwap", () => this.#stay(), { signal });
    this.#sizes = new ResizeObserver(() => this.#follow());
    this.#sizes.observe(this.#messages);
    this.#sizes.observe(this);
    this.#begin();
  }

  disconnectedCallback() {
    this.#listening.abort();
    this.#sizes.disconnect();
  }

  toEnd() {
    this.#isAtEnd = true;
    this.#follow();
  }

  #listening;
  #sizes;
  #isAtEnd = true;
  #top = 0;
  #below = 0;
  #appended = Promise.resolve();

  get #messages() {
    return this.querySelector(".transcript-messages");
  }

  get #endButton() {
    return this.querySelector(".transcript-end");
  }

  #begin() {
    const target = location.hash.startsWith("#message-") && document.getElementById(location.hash.slice(1));
    if (target) {
      this.#isAtEnd = false;
      target.scrollIntoView();
    }
    this.#follow();
  }

  #scrolled() {
    const isNear = this.scrollHeight - this.clientHeight - this.scrollTop <= NEAR;
    if (isNear) {
      this.#isAtEnd = true;
    } else if (this.scrollTop < this.#top) {
      this.#isAtEnd = false; // only going up leaves the end: what grows below does not
    }
    this.#top = this.scrollTop;
    this.#endButton.hidden = isNear;
  }

  #follow() {
    if (this.#isAtEnd) {
      this.scrollTop = this.scrollHeight;
    }
    this.#scrolled();
  }

  #stay() {
    this.scrollTop = this.scrollHeight - this.#below;
  }

  #appendInTurn(sent) {
    this.#appended = this.#appended.then(() => this.#append(sent));
  }

  async #append({ message, answer }) {
    const wanted = [message, answer].filter(Boolean);
    const elements = await Promise.all(wanted.map((id) => this.#fetched(id, FIRST_PAUSE)));
    this.#messages.append(...elements.filter(Boolean));
    this.toEnd();
  }

  /** A message that the site has: asked for until it is here. */
  async #fetched(id, pause) {
    try {
      const element = await getElement(this.dataset.messageUrl.replace(NO_UUID, id), `message-${id}`);
      this.#tellOfConnection(true);
      return element;
    } catch (error) {
      if (error.status === 404 || error.status === 401) {
        location.reload(); // the page says what has become of it
        return null;
      }
      this.#tellOfConnection(false);
      await new Promise((resolve) => setTimeout(resolve, pause));
      return this.#fetched(id, Math.min(2 * pause, LONGEST_PAUSE));
    }
  }

  #tellOfConnection(isUp) {
    this.dispatchEvent(new CustomEvent("answer:connection", { bubbles: true, detail: { isUp } }));
  }
}

customElements.define("chat-transcript", ChatTranscript);

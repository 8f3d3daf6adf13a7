import { elementsOf } from "./html.js";
import { getElement, getHtml } from "./requests.js";
import { FIRST_PAUSE, LONGEST_PAUSE } from "./stream.js";

const NEAR = 80; // px from the end count as the end
const NO_UUID = "00000000-0000-0000-0000-000000000000";

/**
 * The messages. Follows the end where the reader was there, and never drags a reader who is elsewhere. Says
 * `transcript:branch` {end} when it shows another branch.
 */
class ChatTranscript extends HTMLElement {
  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.addEventListener("scroll", () => this.#scrolled(), { passive: true, signal });
    this.#endButton.addEventListener("click", () => this.toEnd(), { signal });
    this.addEventListener("code:unfold", () => (this.#isAtEnd = false), { signal }); // what was read stays in its place
    document.addEventListener("composer:edit-last", () => this.#editLast(), { signal });
    document.addEventListener("composer:sent", (event) => this.#appendInTurn(event.detail), { signal });
    this.addEventListener("branch:shown", (event) => this.#showBranch(event), { signal });
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

  #editLast() {
    [...this.querySelectorAll("message-editor")].at(-1)?.edit();
  }

  #begin() {
    const target = location.hash.startsWith("#message-") && document.getElementById(location.hash.slice(1));
    if (target) {
      this.#isAtEnd = false;
      target.scrollIntoView();
      target.querySelector(".siblings button:enabled")?.focus({ preventScroll: true });
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
    if (this.querySelector(".transcript-newer")) {
      await this.#load(this.dataset.url); // what was sent is not the next message here
      this.toEnd();
      return;
    }
    const wanted = [message, answer].filter(Boolean);
    const elements = await Promise.all(wanted.map((id) => this.#fetched(id, FIRST_PAUSE)));
    this.#messages.append(...elements.filter(Boolean));
    this.toEnd();
  }

  /** Another version of a message is shown: what was pressed to step to it keeps its place; a new one is the end. */
  async #showBranch({ target, detail: { message, step } }) {
    const { top } = target.getBoundingClientRect();
    this.#isAtEnd = false;
    await this.#load(`${this.dataset.url}?at=${message}`);
    const stepper = document.getElementById(`message-${message}`)?.querySelector(".siblings");
    if (!stepper) {
      return; // it went on elsewhere in the meantime
    }
    if (step) {
      this.scrollTop += stepper.getBoundingClientRect().top - top;
    } else {
      this.toEnd();
    }
    const buttons = [...stepper.querySelectorAll("button:enabled")];
    (buttons.find((button) => button.dataset.step === step) ?? buttons[0]).focus({ preventScroll: true });
  }

  /** Show the messages of the page at `url`. */
  async #load(url) {
    try {
      const page = elementsOf(await getHtml(url));
      const [messages, end] = [".transcript-messages", "[name=parent]"].map((part) => find(page, part));
      this.#messages.replaceChildren(...messages.childNodes);
      this.dispatchEvent(new CustomEvent("transcript:branch", { bubbles: true, detail: { end: end.value } }));
    } catch {
      location.reload(); // the page says what has become of it
    }
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

function find(elements, selector) {
  return elements.map((element) => element.querySelector(selector)).find(Boolean);
}

customElements.define("chat-transcript", ChatTranscript);

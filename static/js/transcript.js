import { focusOn, keepFocus } from "./focus.js";
import { elementsOf } from "./html.js";
import { getElement, getHtml } from "./requests.js";
import { onReturn } from "./returning.js";
import { FIRST_PAUSE, LONGEST_PAUSE } from "./stream.js";

const NEAR = 80; // px from the end count as the end
const NO_UUID = "00000000-0000-0000-0000-000000000000";

/**
 * The messages. Follows the end where the reader was there, and never drags a reader who is elsewhere. Says
 * `transcript:branch` {end} when it shows another branch, and an answer that came with text `transcript:answered`.
 */
class ChatTranscript extends HTMLElement {
  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.addEventListener("scroll", () => this.#scrolled(), { passive: true, signal });
    this.#endButton.addEventListener("click", () => this.#goToEnd(), { signal });
    onReturn(() => this.#catchUp(), { signal });
    this.addEventListener("code:unfold", () => (this.#isAtEnd = false), { signal }); // what was read stays in its place
    document.addEventListener("keydown", (event) => this.#key(event), { signal });
    document.addEventListener("composer:edit-last", () => this.#editLast(), { signal });
    document.addEventListener("composer:sent", (event) => this.#inTurn(() => this.#append(event.detail)), { signal });
    this.addEventListener("branch:shown", (event) => this.#inTurn(() => this.#showBranch(event)), { signal });
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
  #isBehind = false; // of what is at the end elsewhere
  #top = 0;
  #below = 0;
  #changed = Promise.resolve();

  get #messages() {
    return this.querySelector(".transcript-messages");
  }

  get #endButton() {
    return this.querySelector(".transcript-end");
  }

  /** Alt and an arrow lead from message to message; from none, to the last one. */
  #key(event) {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by || !event.altKey || event.ctrlKey || event.metaKey || isElsewhere(event.target)) {
      return;
    }
    event.preventDefault();
    const messages = [...this.querySelectorAll(".message")];
    const here = messages.indexOf(event.target.closest(".message"));
    const message = here < 0 ? messages.at(-1) : messages[here + by];
    if (message) {
      focusOn(message);
      message.scrollIntoView({ block: "nearest" });
    } else if (by < 0) {
      this.scrollTop = 0; // where older ones are loaded
    }
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
    this.#hideEndButton(isNear);
  }

  #hideEndButton(isHidden) {
    const hadFocus = document.activeElement === this.#endButton;
    this.#endButton.hidden = isHidden;
    if (isHidden && hadFocus) {
      focusOn(this);
    }
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

  async #goToEnd() {
    if (this.#hasNewer || this.#isBehind) {
      await this.#load(this.dataset.url);
    }
    this.toEnd();
  }

  /** Show what became of the conversation in another tab or on another device meanwhile. */
  async #catchUp() {
    const end = this.#shownEnd;
    const now = this.#mayTakeOver(end) && (await pageAt(this.dataset.url).catch(() => null));
    if (now && !now.end !== (end === undefined)) {
      location.reload(); // it was put into the bin, or came out of it
    } else if (now && now.end?.value !== end) {
      this.#inTurn(() => this.#mayTakeOver(end) && this.#takeOver(now));
    }
  }

  /** Who reads elsewhere is left there; an answer that runs here tells of itself; and what was sent meanwhile is newer. */
  #mayTakeOver(end) {
    return end === this.#shownEnd && !this.#hasNewer && !this.querySelector("[data-running]") && !document.hidden;
  }

  /** A reader who is not at the end keeps the place: what is new comes behind, or, where it does not go on from here, later. */
  #takeOver(now) {
    if (this.#isAtEnd) {
      this.#show(now);
      this.toEnd();
    } else {
      this.#isBehind = !this.#goOn(now);
    }
  }

  /** Show what follows the last message here; whether `messages` have that one. */
  #goOn({ messages, end }) {
    const { id } = this.#lastMessage;
    const shown = [...messages.children];
    const last = shown.findIndex((message) => message.id === id);
    if (last >= 0) {
      this.#messages.append(...shown.slice(last + 1));
      this.#tellOfBranch(end);
    }
    return last >= 0;
  }

  get #lastMessage() {
    return [...this.querySelectorAll(".message")].at(-1);
  }

  get #hasNewer() {
    return this.querySelector(".transcript-newer") !== null;
  }

  /** The message after which the next one is sent; undefined in the bin, where none is. */
  get #shownEnd() {
    return document.querySelector("chat-composer [name=parent]")?.value;
  }

  /** One change after the other: what is asked for last is what stands there. */
  #inTurn(change) {
    this.#changed = this.#changed.then(change);
  }

  async #append({ message, answer }) {
    if (this.#hasNewer) {
      await this.#load(this.dataset.url); // what was sent is not the next message here
      this.toEnd();
      return;
    }
    const wanted = [message, answer].filter((id) => id && !document.getElementById(`message-${id}`));
    const elements = await Promise.all(wanted.map((id) => this.#fetched(id, FIRST_PAUSE)));
    this.#messages.append(...elements.filter(Boolean));
    this.toEnd();
    this.#tellOfAnswer(elements.find((each) => each?.matches(".answer")));
  }

  /** Another version of a message is shown: what was pressed to step to it keeps its place; a new one is the end. */
  async #showBranch({ target, detail: { message, step } }) {
    const { top } = target.getBoundingClientRect();
    this.#isAtEnd = false;
    await this.#load(`${this.dataset.url}?at=${message}`);
    const shown = document.getElementById(`message-${message}`);
    const stepper = shown?.querySelector(".siblings");
    if (step && stepper) {
      this.scrollTop += stepper.getBoundingClientRect().top - top;
    } else {
      this.toEnd();
      this.#tellOfAnswer(this.querySelector(".answer:last-child:not([data-running])")); // which tells of what is new
    }
    const buttons = [...(stepper?.querySelectorAll("button:enabled") ?? [])]; // an answer that runs has none
    focusOn(buttons.find((button) => button.dataset.step === step) ?? buttons[0] ?? shown);
  }

  /** Show the messages of the page at `url`. */
  async #load(url) {
    try {
      this.#show(await pageAt(url));
    } catch {
      location.reload(); // the page says what has become of it
    }
  }

  #show({ messages, end }) {
    keepFocus(this, () => this.#messages.replaceChildren(...messages.childNodes));
    htmx.process(this.#messages); // for the way to older ones
    this.#isBehind = false;
    this.#tellOfBranch(end);
  }

  #tellOfBranch(field) {
    if (field) {
      this.dispatchEvent(new CustomEvent("transcript:branch", { bubbles: true, detail: { end: field.value } }));
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

  #tellOfAnswer(element) {
    element?.dispatchEvent(new CustomEvent("transcript:answered", { bubbles: true }));
  }

  #tellOfConnection(isUp) {
    this.dispatchEvent(new CustomEvent("answer:connection", { bubbles: true, detail: { isUp } }));
  }
}

/** The messages of the page at `url`, and the field that says where they end, if one may go on from there. */
async function pageAt(url) {
  const page = elementsOf(await getHtml(url));
  return { messages: find(page, ".transcript-messages"), end: find(page, "chat-composer [name=parent]") };
}

/** In a text that is written, or a dialog: the keys are theirs. */
function isElsewhere(target) {
  const isWritten = target.matches("input, select") || (target.matches("textarea") && target.value);
  return isWritten || document.querySelector("dialog[open]") !== null;
}

function find(elements, selector) {
  return elements.map((element) => element.querySelector(selector)).find(Boolean);
}

customElements.define("chat-transcript", ChatTranscript);

import { spoken } from "./spoken.js";

const PACE = 25; // characters a second, which is fast speech
const SHORTEST = 1_000; // ms
const LONGEST = 10_000; // ms; what is longer to hear than this does not hold up what is newer
const MOST = 1_500; // characters of blocks at once: who wants all of it reads it

/**
 * Tells those who listen of an answer: that it is written, each of its blocks once it is finished, and the end. What
 * comes while the last is still being heard is said together, and afterwards nothing stands here. A new answer, and an
 * end that was not to be expected, wait for nothing.
 */
class LiveAnnouncer extends HTMLElement {
  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const { begun, thinking } = this.dataset;
    document.addEventListener("answer:begin", () => this.#sayNow(begun), { signal });
    document.addEventListener("answer:thinking", () => this.say(thinking), { signal });
    document.addEventListener("answer:notice", (event) => this.say(event.detail.sentence), { signal });
    document.addEventListener("answer:block", (event) => this.#sayBlocks(event.detail.nodes), { signal });
    document.addEventListener("transcript:answered", (event) => this.#sayWhatIsThere(event.target), { signal });
    document.addEventListener("answer:end", (event) => this.#end(event.detail), { signal });
    if (document.querySelector("chat-answer[data-running]")) {
      this.say(begun); // it has begun before this element could hear of it
    }
  }

  disconnectedCallback() {
    this.#listening.abort();
    clearTimeout(this.#timer);
  }

  say(sentence) {
    if (sentence) {
      this.#waiting.push(sentence);
      this.#timer ||= setTimeout(() => this.#speak());
    }
  }

  #listening;
  #waiting = [];
  #room = MOST;
  #timer = 0;

  /** Of an answer that was written, or had ended, before the page had it. */
  #sayWhatIsThere(answer) {
    this.#sayBlocks([...answer.querySelectorAll(".answer-body > :not(.answer-tail)")]);
    if (!answer.hasAttribute("data-running")) {
      const label = answer.querySelector(".answer-label")?.textContent.trim();
      this.#end({ status: answer.dataset.status, label });
    }
  }

  #end({ status, label }) {
    if (status === "complete") {
      this.say(this.dataset.complete);
    } else {
      this.#waiting = []; // who stops it wants to hear no more
      this.#sayNow(this.dataset.ended);
    }
    this.say(label);
  }

  /** Only blocks are cut where it is too much at once. */
  #sayBlocks(nodes) {
    const text = spoken(nodes, this.dataset);
    if (this.#room >= 0) {
      this.say(text.length > this.#room ? `${text.slice(0, this.#room)}…` : text);
      this.#room -= text.length;
    }
  }

  /** With all that waits, and without waiting until the last was heard. */
  #sayNow(sentence) {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.say(sentence);
  }

  #speak() {
    const text = this.#waiting.splice(0).join(" ");
    this.#room = MOST;
    this.textContent = text;
    this.#timer = text ? setTimeout(() => this.#speak(), this.#timeFor(text)) : 0;
  }

  #timeFor(text) {
    return Math.min(LONGEST, Math.max(SHORTEST, (text.length / PACE) * 1000));
  }
}

customElements.define("live-announcer", LiveAnnouncer);

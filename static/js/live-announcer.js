import { spoken } from "./spoken.js";

const PACE = 25; // characters a second, which is fast speech
const SHORTEST = 1_000; // ms
const MOST = 1_500; // characters at once: who wants all of it reads it

/**
 * Tells those who listen of an answer: that it is written, each of its blocks once it is finished, and the end. What
 * comes while the last is still being heard is said together, and afterwards nothing stands here.
 */
class LiveAnnouncer extends HTMLElement {
  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const { begun, thinking } = this.dataset;
    document.addEventListener("answer:begin", () => this.say(begun), { signal });
    document.addEventListener("answer:thinking", () => this.say(thinking), { signal });
    document.addEventListener("answer:notice", (event) => this.say(event.detail.sentence), { signal });
    document.addEventListener("answer:block", (event) => this.say(spoken(event.detail.nodes, this.dataset)), { signal });
    document.addEventListener("transcript:answered", (event) => this.#sayWhole(event.target), { signal });
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
  #timer = 0;

  /** An answer that had ended before the page had it. */
  #sayWhole(answer) {
    const label = answer.querySelector(".answer-label")?.textContent.trim();
    this.say(spoken([...answer.querySelector(".answer-body").childNodes], this.dataset));
    this.#end({ status: answer.dataset.status, label });
  }

  #end({ status, label }) {
    if (status === "complete") {
      this.say(this.dataset.complete);
    } else {
      this.#waiting = []; // who stops it wants to hear no more
      this.say(this.dataset.ended);
    }
    this.say(label);
  }

  #speak() {
    const text = this.#waiting.splice(0).join(" ");
    this.textContent = text.length > MOST ? `${text.slice(0, MOST)}…` : text;
    this.#timer = text ? setTimeout(() => this.#speak(), this.#timeFor(this.textContent)) : 0;
  }

  #timeFor(text) {
    return Math.max(SHORTEST, (text.length / PACE) * 1000);
  }
}

customElements.define("live-announcer", LiveAnnouncer);

import { equipBlocks } from "./code-blocks.js";
import { focusOn, keepFocus } from "./focus.js";
import { GrowingMarkdown } from "./growing-markdown.js";
import { getElement, postForHtml, whyRefused } from "./requests.js";
import { FIRST_PAUSE, LONGEST_PAUSE, Stream } from "./stream.js";
import { Thoughts } from "./thoughts.js";

/**
 * An answer. While it runs, its text grows; at the end the server's HTML of the whole takes its place.
 * Says `answer:begin` {stopUrl}, `answer:thinking`, `answer:block` {nodes} of what is finished, `answer:notice` {sentence},
 * `answer:title` {title}, `answer:end` {status, label} with what stands under it, and `answer:connection` {isUp, reason}.
 */
class ChatAnswer extends HTMLElement {
  connectedCallback() {
    if (this.hasAttribute("data-running")) {
      this.#follow();
    } else {
      equipBlocks(this.#body);
    }
  }

  disconnectedCallback() {
    this.#leave();
    clearTimeout(this.#later);
  }

  #stream;
  #said;
  #thoughts;
  #isThinking = false;
  #hasThought = false;
  #frame = 0;
  #countdown = 0;
  #later = 0;

  get #body() {
    return this.querySelector(".answer-body");
  }

  get #footer() {
    return this.querySelector(".answer-footer");
  }

  /** What is said of the answer below it. */
  get #label() {
    return this.querySelector(".answer-label, .answer-notice:not([hidden])")?.textContent.trim() ?? "";
  }

  #follow() {
    const { source, drawn } = this.dataset;
    this.#said = new GrowingMarkdown(this.#body, { source: JSON.parse(source), drawn: Number(drawn) });
    this.#thoughts = new Thoughts(this.querySelector(".reasoning"));
    this.#stream = new Stream(this.dataset.eventsUrl, {
      cursor: this.dataset.cursor,
      onEvent: (name, data) => this[`on_${name}`]?.(data),
      isStillRunning: () => this.#isStillRunning(),
      onConnection: (isUp) => this.#emit("answer:connection", { isUp }),
      onRefused: () => this.#tellWhyRefused(),
    });
    this.#emit("answer:begin", { stopUrl: this.dataset.stopUrl });
    this.#stream.open();
  }

  #leave() {
    this.#stream?.close();
    cancelAnimationFrame(this.#frame);
    clearInterval(this.#countdown);
  }

  // The stream's events, each named like its method.

  on_message({ text }) {
    this.#endThoughts();
    this.#said.add(text);
    this.#drawSoon();
  }

  on_reasoning({ text }) {
    this.#thoughts.add(text);
    if (!this.#said.text) {
      this.#thoughts.goOn();
      this.#tellOfThinking();
    }
    this.#drawSoon();
  }

  on_block(block) {
    this.#said.finish(block);
    this.#drawSoon();
  }

  on_rewind({ length, reasoning }) {
    this.#said.cut(length);
    this.#thoughts.cut(reasoning ?? Infinity);
  }

  on_title({ title }) {
    this.#emit("answer:title", { title });
  }

  on_notice(notice) {
    clearInterval(this.#countdown);
    this.#notice(notice);
    this.#emit("answer:notice", { sentence: this.querySelector(".answer-notice").textContent }); // once, and not each second
    if (notice.code && notice.until) {
      this.#countdown = setInterval(() => this.#notice(notice), 1000);
    }
  }

  async on_end({ status, error }) {
    this.#draw();
    const [html, fresh] = await Promise.allSettled([
      postForHtml(this.dataset.markdownUrl, { text: this.#said.text }),
      this.#fresh(),
    ]);
    if (!this.isConnected) {
      return; // another branch is shown
    }
    this.#settle(html.value, fresh.value, { status, error });
    if (!fresh.value && !this.#isTakenAway(fresh.reason)) {
      this.#settleLater(FIRST_PAUSE);
    }
  }

  /** The end is known, but not how it looks: asked for until the server is there again. */
  #settleLater(pause) {
    this.#emit("answer:connection", { isUp: false });
    this.#later = setTimeout(async () => {
      try {
        this.#settle(undefined, await this.#fresh());
      } catch (error) {
        if (this.isConnected && !this.#isTakenAway(error)) {
          this.#settleLater(Math.min(2 * pause, LONGEST_PAUSE));
        }
      }
    }, pause);
  }

  #drawSoon() {
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#thoughts.draw();
    this.#said.draw();
  }

  #tellOfThinking() {
    if (!this.#isThinking) {
      this.#isThinking = true;
      this.#emit("answer:thinking");
    }
  }

  #endThoughts() {
    if (!this.#hasThought) {
      this.#hasThought = true;
      this.#thoughts.end();
    }
  }

  /** What is waited for, in the words of the page; a code that the page does not know is nothing to say. */
  #notice({ code, until, place }) {
    const name = (code ?? "").replaceAll("_", "-");
    const sentence = (until && this.#sentence(`${name}-until`)) || this.#sentence(name);
    const seconds = Math.max(0, Math.ceil(until - Date.now() / 1000));
    this.#say(sentence.replace("{seconds}", seconds).replace("{place}", place ?? ""));
  }

  #sentence(name) {
    return this.querySelector(".answer-notice").getAttribute(`data-${name}`) ?? "";
  }

  #say(sentence) {
    const place = this.querySelector(".answer-notice");
    place.textContent = sentence;
    place.hidden = !sentence;
  }

  /** Asked where the stream is refused or silent. Where the answer has ended, it is shown so. */
  async #isStillRunning() {
    try {
      const fresh = await this.#fresh();
      if (fresh.hasAttribute("data-running")) {
        return true;
      }
      this.#settle(undefined, fresh);
    } catch (error) {
      if (!this.#isTakenAway(error)) {
        throw error;
      }
    }
    return false;
  }

  async #tellWhyRefused() {
    const reason = await whyRefused(this.dataset.eventsUrl);
    if (reason && this.hasAttribute("data-running")) {
      this.#emit("answer:connection", { isUp: false, reason });
    }
  }

  /** Whether the server will not show the answer any more: the page then says why, and asks no further. */
  #isTakenAway({ status }) {
    if (status === 404) {
      this.#vanish();
    } else if (status === 401) {
      this.#askToLogIn();
    }
    return status === 404 || status === 401;
  }

  #fresh() {
    return getElement(this.dataset.url, this.id);
  }

  /**
   * Show the end: `html` is the accumulated text, rendered; `fresh` the same answer as the server has it now; each is
   * undefined where it could not be had. What is not there leaves what is shown.
   */
  #settle(html, fresh, { status = this.dataset.status, error } = {}) {
    this.#draw();
    const hasEnded = fresh && !fresh.hasAttribute("data-running");
    if (html !== undefined) {
      this.#said.end(html);
    } else if (hasEnded) {
      keepFocus(this, () => {
        this.#body.replaceWith(fresh.querySelector(".answer-body"));
        equipBlocks(this.#body);
      });
    }
    if (hasEnded) {
      this.#thoughts.settle(fresh.querySelector(".reasoning-text").textContent);
      this.#footer.replaceWith(fresh.querySelector(".answer-footer"));
    } else {
      this.#say(error?.message ?? "");
    }
    this.#end(hasEnded ? fresh.dataset.status : status);
  }

  #end(status) {
    this.#leave();
    this.#endThoughts();
    this.dataset.status = status;
    this.removeAttribute("data-running");
    this.removeAttribute("aria-busy");
    this.#emit("answer:end", { status, label: this.#label });
  }

  #askToLogIn() {
    this.#draw();
    this.#say(this.#sentence("signed-out"));
    const link = this.querySelector(".answer-log-in");
    link.search = `?next=${encodeURIComponent(location.pathname)}`;
    link.hidden = false;
    this.#end("signed-out");
  }

  /** The answer was deleted: one line says so in its place. */
  #vanish() {
    this.#say(this.#sentence("deleted"));
    this.#end("deleted");
    const hadFocus = this.contains(document.activeElement);
    const notice = this.querySelector(".answer-notice");
    this.replaceWith(notice);
    if (hadFocus) {
      focusOn(notice);
    }
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

customElements.define("chat-answer", ChatAnswer);

import { Draft } from "./drafts.js";
import { postForJson } from "./requests.js";
import { SendError } from "./send-error.js";
import { sendDraft, tooLong, whileBusy } from "./sending.js";

const LARGE = 20_000; // characters: a field that grows with its text would measure all of them at each key

/**
 * Where a message is written. Sends it by script, so that an error leaves the text where it is.
 * Says `composer:sent` with the ids of the message and the answer; hears `answer:begin` and `answer:end`, and of another
 * branch that is shown (`transcript:branch` {end}) or not (`branch:refused` {error}); while an answer's stream is lost
 * (`connection:changed` {isUp}) nothing can be stopped. Where nothing is written, the arrow up asks to edit the last
 * message: `composer:edit-last`.
 */
class ChatComposer extends HTMLElement {
  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.#draft = new Draft(this.dataset.owner, this.dataset.conversation);
    this.#error = new SendError(this.querySelector(".send-error"), this.dataset);
    this.#restore();
    this.#form.addEventListener("submit", (event) => this.#submit(event), { signal });
    this.#text.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.#text.addEventListener("input", () => this.#typed(), { signal });
    document.addEventListener("answer:begin", (event) => this.#begin(event.detail.stopUrl), { signal });
    document.addEventListener("answer:end", () => this.#end(), { signal });
    document.addEventListener("transcript:branch", (event) => this.#goOnFrom(event.detail.end), { signal });
    document.addEventListener("connection:changed", (event) => this.#allowStop(event.detail.isUp), { signal });
    for (const refused of ["branch:refused", "preview:refused", "rating:refused"]) {
      document.addEventListener(refused, (event) => this.#error.explain(event.detail.error), { signal });
    }
    addEventListener("pageshow", (event) => event.persisted && this.#restore(), { signal });
    const isTaken = document.activeElement !== document.body || document.querySelector("[autofocus]");
    if (matchMedia("(pointer: fine)").matches && !isTaken) {
      this.#text.focus({ preventScroll: true });
    }
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  async send() {
    const reason = this.#reasonNotToSend();
    if (reason) {
      this.#error.say(reason, { isMild: true });
    } else if (this.#text.value.trim()) {
      await whileBusy(this, this.#error, () => this.#send());
    }
    this.#text.focus({ preventScroll: true });
  }

  async stop() {
    await whileBusy(this, this.#error, () => this.#stop());
  }

  #listening;
  #draft;
  #error;

  get #form() {
    return this.querySelector("form");
  }

  get #text() {
    return this.querySelector("textarea");
  }

  get #stopButton() {
    return this.querySelector(".composer-stop");
  }

  get #isRunning() {
    return this.hasAttribute("data-running");
  }

  get #tooLong() {
    return tooLong(this.#text.value, this.dataset);
  }

  #field(name) {
    return this.#form.elements.namedItem(name);
  }

  #submit(event) {
    event.preventDefault();
    if (event.submitter === this.#stopButton) {
      this.stop();
    } else {
      this.send();
    }
  }

  #key(event) {
    const isComposing = event.isComposing || event.keyCode === 229; // 229: Safari, at the end of a composition
    if (isComposing || event.defaultPrevented) {
      return;
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey || (isPlain(event) && enterSends()))) {
      event.preventDefault();
      this.send();
    } else if (event.key === "ArrowUp" && isPlain(event) && !this.#text.value) {
      event.preventDefault();
      this.#emit("composer:edit-last");
    }
  }

  #typed() {
    this.#fit();
    this.#error.hush();
    if (this.#tooLong) {
      this.#error.say(this.#tooLong, { isMild: true });
    }
    if (this.#text.value) {
      this.#draft.keep({ ...this.#draft.read(), text: this.#text.value });
    } else {
      this.#draft.forget();
    }
  }

  #restore() {
    const draft = this.#draft.read();
    if (this.#wasSent(draft)) {
      this.#draft.forget();
    } else if (draft.text && !this.#text.value) {
      this.#text.value = draft.text;
    }
    this.#fit();
  }

  /** Whether the site has the draft, though its reply never came here: the page then goes on from that message. */
  #wasSent({ text, request }) {
    const { parent, message } = request ? JSON.parse(request) : {};
    const wentOn = parent && parent !== this.#field("parent").value;
    return wentOn && text === message && text === [...document.querySelectorAll(".question-text")].at(-1)?.textContent;
  }

  #fit() {
    this.#text.toggleAttribute("data-large", this.#text.value.length > LARGE);
    if (!CSS.supports("field-sizing", "content")) {
      this.#text.rows = Math.min(10, this.#text.value.split("\n").length);
    }
  }

  #reasonNotToSend() {
    return this.#isRunning ? this.dataset.waits : this.#tooLong;
  }

  async #send() {
    const fields = this.#fields();
    const reply = await sendDraft(this.#draft, this.#form.action, fields);
    // What was typed while the message was under way is the beginning of the next one.
    this.#text.value = withoutStart(this.#text.value, fields.message);
    if (this.dataset.conversation === "new") {
      this.#draft = new Draft(this.dataset.owner, reply.conversation.id); // what is typed from now on goes there
      this.#typed();
      location.assign(reply.conversation.url);
      return;
    }
    this.#typed();
    this.#field("parent").value = reply.answer.id;
    this.#emit("composer:sent", { message: reply.message.id, answer: reply.answer.id });
  }

  /** What is asked: all that the form would send, but for what is of this page alone. */
  #fields() {
    const { csrfmiddlewaretoken, key, ...asked } = Object.fromEntries(new FormData(this.#form));
    return { ...asked, message: this.#text.value }; // as it was typed: a form's own line ends are CRLF
  }

  async #stop() {
    try {
      await postForJson(this.#stopButton.formAction, {});
    } catch (error) {
      if (error.status === 401) {
        throw error;
      }
      this.#error.say(this.dataset.notStopped, { isMild: true }); // until the answer's end
    }
  }

  #begin(stopUrl) {
    this.#stopButton.setAttribute("formaction", stopUrl);
    this.toggleAttribute("data-running", true);
  }

  #goOnFrom(end) {
    this.#error.hush();
    this.#field("parent").value = end;
  }

  #end() {
    this.#keepFocus(() => this.toggleAttribute("data-running", false));
    this.#error.hush({ isMild: true });
  }

  #allowStop(isAllowed) {
    this.#keepFocus(() => (this.#stopButton.disabled = !isAllowed));
  }

  /** After `change`, which may take the button that stops away. */
  #keepFocus(change) {
    const hadFocus = document.activeElement === this.#stopButton;
    change();
    if (hadFocus && (this.#stopButton.disabled || !this.#isRunning)) {
      this.#text.focus({ preventScroll: true });
    }
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

function isPlain({ shiftKey, altKey, ctrlKey, metaKey }) {
  return !shiftKey && !altKey && !ctrlKey && !metaKey;
}

/** By the person's preference; a keyboard on glass has no other key to break a line. */
function enterSends() {
  return document.documentElement.dataset.enter !== "breaks" && !matchMedia("(pointer: coarse)").matches;
}

function withoutStart(text, start) {
  return text.startsWith(start) ? text.slice(start.length).trimStart() : text;
}

customElements.define("chat-composer", ChatComposer);

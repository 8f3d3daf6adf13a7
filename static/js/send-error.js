import { fromTemplate } from "./html.js";
import { Refused } from "./requests.js";

/** The link that is offered with an error, by its code. */
const WAYS_OUT = {
  not_signed_in: "[data-log-in]",
  answer_running: "[data-reload]",
  moved_on: "[data-reload]",
  in_bin: "[data-reload]",
  key_reused: "[data-reload]",
  csrf: "[data-reload]",
};

const UNREACHABLE = [0, 429, 502, 503, 504]; // it may be there in a moment

/** What is said above `field`, in its form and in the sentences of the page. */
export function errorAbove(field) {
  if (!field.form.querySelector(".send-error")) {
    field.before(fromTemplate("data-send-error"));
  }
  return new SendError(field.form.querySelector(".send-error"), document.querySelector("[data-byte-limit]").dataset);
}

/** Why what was written is not sent. `place` is where it is said, `sentences` are those of the composer's data. */
export class SendError {
  #place;
  #sentences;

  constructor(place, sentences) {
    this.#place = place;
    this.#sentences = sentences;
  }

  explain(error) {
    if (error.status === 0 && !navigator.onLine) {
      this.say(this.#sentences.unsent, { isMild: true }); // the connection's notice says why
      return;
    }
    const sentence = error instanceof Refused ? error.message : ""; // any other error is no sentence for a person
    this.say(sentence || this.#sentenceFor(error.status), { shows: WAYS_OUT[error.code] });
  }

  say(sentence, { isMild = false, shows = "" } = {}) {
    this.#place.hidden = false;
    this.#place.toggleAttribute("data-mild", isMild);
    this.#place.querySelector("[data-sentence]").textContent = sentence;
    this.#place.querySelectorAll("a").forEach((link) => (link.hidden = !shows || !link.matches(shows)));
  }

  hush({ isMild = false } = {}) {
    if (!isMild || this.#place.hasAttribute("data-mild")) {
      this.#place.hidden = true;
    }
  }

  /** For a refusal without words of ours: a proxy's, or none at all. */
  #sentenceFor(status) {
    if (status === 413) {
      return this.#sentences.tooLong;
    }
    return UNREACHABLE.includes(status) ? this.#sentences.unreachable : this.#sentences.failed;
  }
}

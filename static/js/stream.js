/**
 * One answer's stream of events, kept open until its end: opened anew, with pauses, where it is refused or silent.
 * The reasons why are asked of `isStillRunning`, as EventSource cannot tell them.
 */

const SILENCE = 45_000; // ms; the server says something every 15 s
export const FIRST_PAUSE = 1_000;
export const LONGEST_PAUSE = 30_000;
const NAMES = ["start", "message", "reasoning", "rewind", "notice", "title", "ping", "end"];

export class Stream {
  #url;
  #cursor;
  #onEvent;
  #isStillRunning;
  #onConnection;
  #source = null;
  #timer = 0;
  #failures = 0;
  #isClosed = false;

  /**
   * `onEvent(name, data)` hears the events; `isStillRunning()` resolves to whether it is worth going on, and rejects
   * where that is not known; `onConnection(isUp)` hears how the connection is.
   */
  constructor(url, { cursor, onEvent, isStillRunning, onConnection }) {
    this.#url = url;
    this.#cursor = cursor;
    this.#onEvent = onEvent;
    this.#isStillRunning = isStillRunning;
    this.#onConnection = onConnection;
  }

  open() {
    this.pause();
    if (this.#isClosed) {
      return;
    }
    const source = new EventSource(`${this.#url}?after=${encodeURIComponent(this.#cursor)}`);
    this.#source = source;
    NAMES.forEach((name) => source.addEventListener(name, (event) => this.#hear(name, event)));
    source.addEventListener("error", () => this.#failed(source));
    this.#expectSomething();
  }

  /** Let go of the connection; `open` goes on where it was. */
  pause() {
    this.#source?.close();
    this.#source = null;
    clearTimeout(this.#timer);
  }

  close() {
    this.#isClosed = true;
    this.pause();
  }

  #hear(name, event) {
    if (event.target !== this.#source) {
      return;
    }
    this.#failures = 0;
    this.#cursor = event.lastEventId || this.#cursor;
    this.#expectSomething();
    this.#onConnection(true);
    if (name === "end") {
      this.close();
    }
    this.#onEvent(name, JSON.parse(event.data));
  }

  #expectSomething() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), SILENCE);
  }

  #failed(source) {
    if (source !== this.#source) {
      return;
    }
    this.#onConnection(false);
    if (source.readyState === EventSource.CLOSED) {
      this.#ask();
    }
  }

  async #ask() {
    this.pause();
    try {
      if (!(await this.#isStillRunning())) {
        this.close();
        return;
      }
    } catch {
      this.#onConnection(false);
    }
    this.#openLater();
  }

  #openLater() {
    if (this.#isClosed) {
      return;
    }
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures);
    this.#failures += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.open(), pause * (0.5 + Math.random() / 2));
  }
}

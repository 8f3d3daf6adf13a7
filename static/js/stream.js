/**
 * One answer's stream of events, kept open until its end: opened anew, with pauses, where it is refused, cut or silent.
 * EventSource's own way would give up at the first refusal, and ask every three seconds for ever at all else. As
 * EventSource cannot tell why it is refused, `isStillRunning` is asked, and the first time `onRefused` is told.
 *
 * Only a tab that is seen holds a stream; any other lets go of it, and asks now and then whether the answer has ended.
 * Over HTTP/1.1 a browser opens six connections to a site for all its tabs together: six streams would leave none to
 * load a page, to send or to stop. This bounds them by what a person can look at, on plain HTTP as well (where there
 * are no Web Locks to share them out), and spares a phone in the pocket its radio. As every connection goes on from a
 * cursor, being seen again misses nothing.
 */

const SILENCE = 45_000; // ms; the server says something every 15 s
const STEADY = 5_000; // ms; what ends after so long was a good connection
const GLANCE = 5_000; // ms; who looks away for less keeps the stream
const UNSEEN_PAUSE = 10_000; // ms between two questions of a tab that nobody sees
export const FIRST_PAUSE = 1_000;
export const LONGEST_PAUSE = 30_000;
const NAMES = ["start", "message", "reasoning", "block", "rewind", "notice", "title", "ping", "end"];

export class Stream {
  #url;
  #cursor;
  #onEvent;
  #isStillRunning;
  #onConnection;
  #onRefused;
  #listening = new AbortController();
  #source = null;
  #openedAt = 0;
  #turn = 0;
  #timer = 0;
  #glance = 0;
  #failures = 0;

  /**
   * `onEvent(name, data)` hears the events; `isStillRunning()` resolves to whether it is worth going on, and rejects
   * where that is not known; `onConnection(isUp)` hears how the connection is, `onRefused()` that the server would not
   * open the stream of an answer that goes on.
   */
  constructor(url, { cursor, onEvent, isStillRunning, onConnection, onRefused }) {
    this.#url = url;
    this.#cursor = cursor;
    this.#onEvent = onEvent;
    this.#isStillRunning = isStillRunning;
    this.#onConnection = onConnection;
    this.#onRefused = onRefused;
  }

  open() {
    const { signal } = this.#listening;
    document.addEventListener("visibilitychange", () => this.#seenOrNot(), { signal });
    addEventListener("pagehide", () => this.#letGo(), { signal });
    addEventListener("pageshow", (event) => event.persisted && this.#goOn(), { signal });
    addEventListener("online", () => this.#goOn(), { signal });
    this.#goOn();
  }

  close() {
    this.#listening.abort();
    this.#letGo();
  }

  #seenOrNot() {
    clearTimeout(this.#glance);
    if (document.hidden) {
      this.#glance = setTimeout(() => this.#goOn(), GLANCE);
    } else if (!this.#source) {
      this.#goOn();
    }
  }

  #goOn() {
    if (document.hidden) {
      this.#askLater();
    } else {
      this.#connect();
    }
  }

  #connect() {
    this.#letGo();
    const source = new EventSource(`${this.#url}?after=${encodeURIComponent(this.#cursor)}`);
    this.#source = source;
    this.#openedAt = Date.now();
    NAMES.forEach((name) => source.addEventListener(name, (event) => this.#hear(name, event)));
    source.addEventListener("error", () => this.#failed(source));
    this.#expectSomething();
  }

  /** Let go of the connection, and of whatever was to happen next. */
  #letGo() {
    this.#source?.close();
    this.#source = null;
    this.#turn += 1;
    clearTimeout(this.#timer);
    clearTimeout(this.#glance);
  }

  #hear(name, event) {
    if (event.target !== this.#source) {
      return;
    }
    if (name !== "start") {
      this.#failures = 0;
    }
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
    const wasRefused = source.readyState === EventSource.CLOSED;
    if (Date.now() - this.#openedAt >= STEADY) {
      this.#failures = 0;
    }
    this.#onConnection(false);
    if (wasRefused) {
      this.#refused();
    } else {
      this.#connectLater();
    }
  }

  async #refused() {
    const isFirst = !this.#failures;
    await this.#ask();
    if (isFirst && this.#failures) {
      this.#onRefused(); // it is tried again: there is something to be told
    }
  }

  async #ask() {
    this.#letGo();
    const turn = this.#turn;
    const isRunning = await this.#isStillRunning().catch(() => undefined);
    if (turn !== this.#turn) {
      return; // the page went on without waiting for it
    }
    if (isRunning === false) {
      this.close();
      return;
    }
    if (isRunning === undefined) {
      this.#onConnection(false);
    }
    this.#goOnLater();
  }

  #goOnLater() {
    if (document.hidden) {
      this.#askLater();
    } else {
      this.#connectLater();
    }
  }

  #askLater() {
    this.#letGo();
    this.#timer = setTimeout(() => this.#ask(), jittered(UNSEEN_PAUSE));
  }

  #connectLater() {
    this.#letGo();
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures);
    this.#failures += 1;
    this.#timer = setTimeout(() => this.#goOn(), jittered(pause));
  }
}

/** Between half of `pause` and all of it, so that not everybody comes back at once. */
function jittered(pause) {
  return pause * (0.5 + Math.random() / 2);
}

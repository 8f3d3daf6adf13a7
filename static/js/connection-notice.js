/**
 * Says quietly that the browser is offline, or that an answer's stream is lost for the moment, with the server's reason.
 * Bears `data-down` as long as nothing comes through, and says `connection:changed` {isUp}: a browser that is offline may
 * reach a site on its own machine, so that a stream alone tells.
 */
class ConnectionNotice extends HTMLElement {
  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    addEventListener("online", () => this.#show(), { signal });
    addEventListener("offline", () => this.#show(), { signal });
    document.addEventListener("answer:connection", (event) => this.#heard(event.detail), { signal });
    document.addEventListener("answer:end", () => this.#heard({ isUp: true }), { signal });
    this.#show();
  }

  disconnectedCallback() {
    this.#listening.abort();
    clearTimeout(this.#timer);
  }

  #listening;
  #isLost = false;
  #reason = "";
  #timer = 0;

  #heard({ isUp, reason = "" }) {
    if (isUp === !this.#isLost && !reason) {
      return;
    }
    this.#isLost = !isUp;
    this.#reason = reason;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#show(), isUp || reason ? 0 : 1500); // a short gap is nobody's business
  }

  #show() {
    const sentence = navigator.onLine ? this.#isLost && (this.#reason || this.dataset.lost) : this.dataset.offline;
    this.textContent = sentence || "";
    this.hidden = !sentence;
    this.#tell(!this.#isLost || this.#reason !== ""); // a server that gives its reason can be reached
  }

  #tell(isUp) {
    this.toggleAttribute("data-down", !isUp);
    this.dispatchEvent(new CustomEvent("connection:changed", { bubbles: true, detail: { isUp } }));
  }
}

customElements.define("connection-notice", ConnectionNotice);

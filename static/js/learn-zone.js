import { postForJson } from "./requests.js";

/** Stands where the reader has chosen no time zone: tells the site the browser's, unless it is what the site knows. */
class LearnZone extends HTMLElement {
  async connectedCallback() {
    const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
    try {
      if (zone !== this.dataset.known) await postForJson(this.dataset.url, { browser_zone: zone });
      this.remove();
    } catch {
      // Told again by the next page.
    }
  }
}

customElements.define("learn-zone", LearnZone);

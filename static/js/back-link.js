/** A link that leads back to where the reader came from; without a past, where its address says. */
class BackLink extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this);
  }

  disconnectedCallback() {
    this.removeEventListener("click", this);
  }

  handleEvent(event) {
    if (history.length > 1) {
      event.preventDefault();
      history.back();
    }
  }
}

customElements.define("back-link", BackLink);

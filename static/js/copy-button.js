/** Copies its `data-text`, exactly. Its second icon, a check, takes the place of the first for a moment. */
class CopyButton extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this);
  }

  disconnectedCallback() {
    this.removeEventListener("click", this);
    clearTimeout(this.#timer);
  }

  async handleEvent() {
    if (!(await copy(this.dataset.text))) {
      return;
    }
    this.#tell(this.dataset.copied);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(""), 2000);
  }

  #timer = 0;

  #tell(sentence) {
    this.toggleAttribute("data-done", Boolean(sentence));
    this.querySelector("[role=status]").textContent = sentence;
  }
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text); // plain HTTP has no clipboard
  }
}

function copyBySelection(text) {
  const before = document.activeElement;
  const place = document.createElement("textarea");
  place.className = "visually-hidden";
  place.value = text;
  document.body.append(place);
  place.select();
  const isCopied = document.execCommand("copy");
  place.remove();
  before?.focus({ preventScroll: true });
  return isCopied;
}

customElements.define("copy-button", CopyButton);

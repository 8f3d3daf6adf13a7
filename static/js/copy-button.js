/** Copies its `data-text`, exactly. */
class CopyButton extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this);
  }

  disconnectedCallback() {
    this.removeEventListener("click", this);
  }

  async handleEvent() {
    if (!(await copy(this.dataset.text))) {
      return;
    }
    const told = this.querySelector("[role=status]");
    told.textContent = this.dataset.copied;
    setTimeout(() => (told.textContent = ""), 2000);
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

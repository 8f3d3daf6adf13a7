/**
 * What the model thinks, in a fold: open while it thinks and closed with the answer's first word, unless the reader has
 * opened or closed it. Text that is added waits for `draw`, so that a frame does all of it at once.
 */
export class Thoughts {
  #fold;
  #node;
  #pending = "";
  #isReaders = false; // whether the reader has decided

  constructor(fold) {
    this.#fold = fold;
    this.#node = document.createTextNode(this.#place.textContent);
    this.#place.replaceChildren(this.#node);
    fold.querySelector("summary").addEventListener("click", () => (this.#isReaders = true));
  }

  add(text) {
    this.#pending += text;
  }

  cut(length) {
    this.draw();
    if (length < this.#node.length) {
      this.#node.deleteData(length, this.#node.length - length);
    }
  }

  draw() {
    if (!this.#pending) {
      return;
    }
    const isAtEnd = this.#place.scrollHeight - this.#place.clientHeight - this.#place.scrollTop < 8;
    this.#node.appendData(this.#pending);
    this.#pending = "";
    this.#fold.hidden = false;
    if (isAtEnd) {
      this.#place.scrollTop = this.#place.scrollHeight;
    }
  }

  /** It still thinks. */
  goOn() {
    if (!this.#isReaders) {
      this.#fold.open = true;
    }
  }

  /** It has thought. */
  end() {
    const label = this.#fold.querySelector("summary");
    label.textContent = label.dataset.ended;
    if (!this.#isReaders) {
      this.#fold.open = false;
    }
  }

  /** Show these ones, which the server has. */
  settle(text) {
    this.#pending = "";
    this.#node.data = text;
    this.#fold.hidden = !text;
  }

  get #place() {
    return this.#fold.querySelector(".reasoning-text");
  }
}

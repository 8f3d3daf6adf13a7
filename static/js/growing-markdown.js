import { equipBlocks } from "./code-blocks.js";
import { keepFocus } from "./focus.js";
import { nodesOf } from "./html.js";
import { Tail } from "./tail.js";

/**
 * An answer's text while it grows: the blocks that are finished, as the server's HTML, and behind them the open tail.
 * All that is added waits for `draw`, so that a frame does all of it at once. Its body says `answer:block` {nodes} for what
 * is finished, once, as the server made it.
 */
export class GrowingMarkdown {
  #body;
  #source;
  #drawn; // the length of the source that stands there as blocks
  #shown; // and of that which stands there at all
  #blocks = []; // that came since the last `draw`
  #originals; // the blocks' nodes as the server made them: what stands in the page has buttons and the like
  #tail;

  /** `body` holds the blocks of the first `drawn` units of `source`, and an element for its tail. */
  constructor(body, { source, drawn }) {
    this.#body = body;
    this.#source = source;
    this.#drawn = this.#shown = drawn;
    this.#originals = this.#nodes.map((node) => node.cloneNode(true));
    equipBlocks(body);
    this.#tail = new Tail(this.#tailPlace);
    this.#tail.reset(source.slice(drawn));
    this.#shown = source.length;
  }

  get text() {
    return this.#source;
  }

  add(text) {
    this.#source += text;
  }

  /** That stretch of the source is finished. One that does not go on from the last is left to the end. */
  finish({ html, from, to }) {
    if (from === this.#drawn) {
      this.#drawn = to;
      this.#blocks.push(html);
    }
  }

  cut(length) {
    this.draw();
    this.#source = this.#source.slice(0, length);
    if (length < this.#drawn) {
      this.#nodes.forEach((node) => node.remove());
      this.#originals = [];
      this.#drawn = 0;
    }
    this.#drawTail();
  }

  draw() {
    if (this.#blocks.length) {
      const nodes = this.#blocks.flatMap((html) => nodesOf(html));
      const originals = nodes.map((node) => node.cloneNode(true));
      this.#originals.push(...originals);
      this.#blocks = [];
      keepFocus(this.#body, () => {
        this.#tailPlace.before(...unfolded(nodes));
        equipBlocks(this.#body);
        this.#drawTail();
      });
      this.#tell(originals);
    } else if (this.#shown < this.#source.length) {
      this.#tail.append(this.#source.slice(this.#shown));
      this.#shown = this.#source.length;
    }
  }

  /** Show the whole text, which is `html`: what stands there already is left alone. */
  end(html) {
    this.draw();
    const nodes = nodesOf(html);
    const changed = nodes.findIndex((node, index) => !node.isEqualNode(this.#originals[index] ?? null));
    const kept = changed === -1 ? nodes.length : changed;
    this.#tell(nodes.slice(this.#originals.length));
    keepFocus(this.#body, () => {
      this.#nodes.slice(kept).forEach((node) => node.remove());
      this.#tailPlace.replaceWith(...unfolded(nodes.slice(kept)));
      equipBlocks(this.#body);
    });
  }

  get #tailPlace() {
    return this.#body.querySelector(":scope > .answer-tail");
  }

  get #nodes() {
    return [...this.#body.childNodes].filter((node) => node !== this.#tailPlace);
  }

  #tell(nodes) {
    this.#body.dispatchEvent(new CustomEvent("answer:block", { bubbles: true, detail: { nodes } }));
  }

  #drawTail() {
    this.#tail.reset(this.#source.slice(this.#drawn));
    this.#shown = this.#source.length;
  }
}

/** Code that was read as it came is not folded under the reader's eyes. */
function unfolded(nodes) {
  for (const node of nodes.filter(({ nodeType }) => nodeType === Node.ELEMENT_NODE)) {
    [node, ...node.querySelectorAll(".md-long")].forEach((each) => each.classList.remove("md-long"));
  }
  return nodes;
}

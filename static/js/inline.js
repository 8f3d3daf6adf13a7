/** Text inside one line or paragraph that still grows, in the clothes of its marks. What is shown is text, always. */

const MARKS = "*_~`";
const DEEPEST = 50; // elements in each other: a page with thousands of them ends the tab
const BREAK = /^<br ?\/?>$/i;
const MAY_BECOME_BREAK = /^<(?:b(?:r ?\/?)?)?$/i;
const TAGS = { "*": "em", _: "em", "**": "strong", __: "strong", "~~": "s" };

/**
 * `write` adds to `place`. A mark is shown by what it does, from where it opens on, and never itself; one that is not
 * whole yet is held back until it is clear what it is. The server knows better: its HTML takes the place of this.
 */
export class Inline {
  #open; // the elements that are open, from `place` inwards: {mark, node}
  #text = ""; // what is not in the page yet
  #before = " "; // the last character that was shown
  #mark = ""; // what a mark that may go on is made of
  #length = 0; // of that mark
  #code = ""; // what opened the code that is open
  #tag = ""; // the beginning of what may become a line break
  #isEscaped = false;
  #isAfterLabel = false;
  #isInAddress = false;

  constructor(place) {
    this.#open = [{ mark: "", node: place }];
  }

  /** Where the next character goes. */
  get place() {
    return this.#open.at(-1).node;
  }

  /** Whether a mark that opens here is left as it is. */
  get #isDeep() {
    return this.#open.length > DEEPEST;
  }

  write(text) {
    for (const character of text) {
      this.#take(character);
    }
    this.#flush();
  }

  #take(character) {
    if (this.#length && character !== this.#mark) {
      this.#decide(character);
    }
    if (this.#tag) {
      this.#inTag(character);
    } else if (this.#isAfterLabel) {
      this.#afterLabel(character);
    } else if (this.#isInAddress) {
      this.#inAddress(character);
    } else if (this.#isEscaped) {
      this.#isEscaped = false;
      this.#say(MARKS.includes(character) ? character : `\\${character}`);
    } else if (this.#code ? character === "`" : MARKS.includes(character)) {
      this.#mark = character;
      this.#length += 1;
    } else if (this.#code) {
      this.#say(character);
    } else {
      this.#plain(character);
    }
  }

  #plain(character) {
    if (character === "\\") {
      this.#isEscaped = true;
    } else if (character === "<") {
      this.#tag = character;
    } else if (character === "]" && this.#open.some(({ mark }) => mark === "[")) {
      this.#isAfterLabel = true;
    } else {
      if (character === "[" && this.#before !== "!" && !this.#isDeep) {
        this.#enter("[", "span");
      }
      this.#say(character);
    }
  }

  #inTag(character) {
    const before = this.#tag;
    const tag = before + character;
    this.#tag = MAY_BECOME_BREAK.test(tag) ? tag : "";
    if (BREAK.test(tag)) {
      this.#flush();
      this.place.append(document.createElement("br"));
      this.#before = ">";
    } else if (!this.#tag) {
      this.#say(before);
      this.#take(character);
    }
  }

  /** The mark is whole, as another character follows it. */
  #decide(next) {
    const run = this.#mark.repeat(this.#length);
    this.#length = 0;
    if (run[0] === "`") {
      this.#decideCode(run);
    } else if (run[0] === "~") {
      this.#decideMark(run, next, run.length === 2 ? run : "");
    } else {
      this.#decideStars(run, next);
    }
  }

  #decideCode(run) {
    if (!this.#code) {
      this.#code = run;
      this.#enter(run, "code");
      this.place.dir = "ltr"; // a list around it goes the way of its words
    } else if (run === this.#code) {
      this.#code = "";
      this.#leave(run);
    } else {
      this.#say(run);
    }
  }

  #decideStars(run, next) {
    let left = run.length > 3 ? "" : run;
    const marks = [];
    while (left) {
      const open = this.#open.at(-1 - marks.length)?.mark;
      const mark = open?.[0] === run[0] && left.startsWith(open) ? open : left.slice(0, 2);
      marks.push(mark);
      left = left.slice(mark.length);
    }
    marks.forEach((mark) => this.#decideMark(mark, next, mark));
    if (!marks.length) {
      this.#say(run);
    }
  }

  #decideMark(run, next, mark) {
    const isWord = mark[0] === "_";
    const closes = !/\s/.test(this.#before) && !(isWord && /[\p{L}\p{N}]/u.test(next));
    const opens = !this.#isDeep && !/\s/.test(next) && !(isWord && /[\p{L}\p{N}]/u.test(this.#before));
    if (mark && closes && this.#open.some((each) => each.mark === mark)) {
      this.#leave(mark);
    } else if (mark && opens) {
      this.#enter(mark, TAGS[mark]);
    } else {
      this.#say(run);
    }
  }

  #afterLabel(character) {
    this.#isAfterLabel = false;
    if (character === "(") {
      this.#flush();
      const label = this.#open.findLast(({ mark }) => mark === "[").node;
      label.className = "tail-link";
      label.firstChild.deleteData(0, 1); // its bracket
      this.#isInAddress = true;
      return;
    }
    this.#say("]");
    this.#leave("[");
    this.#take(character);
  }

  #inAddress(character) {
    if (character === ")" || character === "\n") {
      this.#isInAddress = false;
      this.#leave("[");
    }
  }

  #enter(mark, tag) {
    this.#flush();
    const node = document.createElement(tag);
    this.place.append(node);
    this.#open.push({ mark, node });
  }

  #leave(mark) {
    this.#flush();
    this.#open.length = this.#open.findLastIndex((each) => each.mark === mark);
  }

  #say(text) {
    this.#text += text;
    this.#before = text.at(-1);
  }

  #flush() {
    if (!this.#text) {
      return;
    }
    const { place } = this;
    if (place.lastChild?.nodeType === Node.TEXT_NODE) {
      place.lastChild.appendData(this.#text);
    } else {
      place.append(this.#text);
    }
    this.#text = "";
  }
}

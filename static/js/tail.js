import { Inline } from "./inline.js";

const DEEPEST = 50; // lists in lists
const FENCE = /^\s*(`{3,}|~{3,}(?!~))([^`]*)$/;
const ITEM = /^(\s*)([-+*]|\d{1,9}[.)])(?: +|$)/;
const TASK = /^\[([ xX])\] /;
const HEADING = /^ {0,3}(#{1,6})(?: +|$)/;
const QUOTE = /^ {0,3}> ?/;
const DELIMITERS = /^[|\s:-]*$/;
const RULE = /^ {0,3}([-*_])\s*(?:\1\s*){2,}$/;
/** How a line begins that may still become one of these: it is shown once that is clear. */
const UNDECIDED = /^\s*(?:[-+*_=]|[-+*] +\[(?:[ xX]\]?)?|\*\*\*?|[-_*][-_*\s]*|\d{1,9}[.)]?|#{1,6}|`{1,2}|~{1,2}|[`~]{3,}(?![`~])[^`]*|>)?$/;

/**
 * The open end of an answer: its source, dressed as what it will be. It is drawn line by line, each line once and its
 * last one as it grows, and holds text alone. Rough where that does no harm: finished blocks come from the server.
 */
export class Tail {
  #place;
  #line = ""; // of the last line, what is not shown yet
  #hasBegun = false; // whether the last line is being shown
  #isAfterBlank = true;
  #code = null; // the open code: {fence, text, indent, isEmpty}
  #lists = []; // the open lists: {indent, list, item}
  #table = null;
  #alignments = [];
  #inline = null; // what the last line is written into

  constructor(place) {
    this.#place = place;
    place.toggleAttribute("data-dressed", true);
  }

  /** Begin anew with this source. */
  reset(source) {
    this.#place.replaceChildren();
    this.#line = "";
    this.#hasBegun = false;
    this.#isAfterBlank = true;
    this.#code = null;
    this.#close();
    this.append(source);
  }

  append(more) {
    const lines = (this.#line + more).split(/\r?\n/);
    this.#line = lines.pop();
    for (const line of lines) {
      this.#end(line);
    }
    this.#grow();
    this.#mark();
  }

  /** A line that is whole: `line` is what of it is not shown yet. */
  #end(line) {
    if (this.#code) {
      this.#endCode(line);
    } else if (this.#hasBegun) {
      this.#write(line);
    } else if (line.trim()) {
      this.#begin(line, true);
    } else {
      this.#isAfterBlank = true;
    }
    this.#hasBegun = false;
  }

  /** The last line, as far as it is there. */
  #grow() {
    if (this.#code) {
      this.#growCode();
    } else if (this.#hasBegun) {
      this.#write(this.#line);
      this.#line = "";
    } else if (!UNDECIDED.test(this.#line)) {
      this.#hasBegun = true;
      const line = this.#line;
      this.#line = "";
      this.#begin(line, false);
    }
  }

  #begin(line, isWhole) {
    const fence = isWhole && FENCE.exec(line);
    const item = ITEM.exec(line);
    const heading = HEADING.exec(line);
    if (this.#lists.length && this.#isAfterBlank && !item && !/^\s/.test(line)) {
      this.#close(); // what stands outside of a list, and may be any block
    }
    if (fence) {
      this.#beginCode(fence);
    } else if (isWhole && RULE.test(line)) {
      this.#close();
      this.#place.append(document.createElement("hr"));
    } else if (item && (item[1].length < 4 || this.#lists.length)) {
      this.#beginItem(item, line);
    } else if (heading) {
      this.#close();
      this.#beginBlock(`h${heading[1].length}`);
      this.#write(line.slice(heading[0].length));
    } else if (QUOTE.test(line)) {
      this.#quote(line.replace(QUOTE, ""), isWhole);
    } else if (/^\s*\|/.test(line) && !this.#lists.length) {
      this.#row(line, isWhole);
    } else {
      this.#text(line);
    }
    this.#isAfterBlank = false;
  }

  #text(line) {
    const isOutside = this.#isAfterBlank && !/^\s/.test(line);
    if (this.#lists.length && !isOutside) {
      this.#continueItem(line);
    } else if (this.#isAfterBlank || !this.#inline || this.#place.lastChild?.tagName !== "P") {
      this.#close();
      this.#beginBlock("p");
      this.#write(line.trimStart());
    } else {
      this.#write(`\n${line.trimStart()}`);
    }
  }

  #quote(line, isWhole) {
    const last = this.#place.lastChild;
    if (last?.tagName === "BLOCKQUOTE" && !this.#isAfterBlank) {
      if (isWhole && !line.trim()) {
        this.#beginBlock("p", last);
      } else {
        this.#write(`\n${line}`);
      }
      return;
    }
    this.#close();
    const quote = document.createElement("blockquote");
    quote.dir = "auto";
    this.#place.append(quote);
    this.#beginBlock("p", quote);
    this.#write(line);
  }

  #beginItem([whole, { length: indent }, marker], line) {
    while (this.#lists.length && indent < this.#lists.at(-1).indent) {
      this.#lists.pop();
    }
    const parent = this.#lists.at(-1);
    if (!parent || (indent >= parent.indent + 2 && this.#lists.length < DEEPEST)) {
      this.#beginList(indent, marker, parent?.item);
    } else if (this.#isAfterBlank) {
      parent.list.classList.add("tail-loose");
    }
    const level = this.#lists.at(-1);
    level.item = document.createElement("li");
    level.list.append(level.item);
    this.#inline = new Inline(level.item);
    this.#write(this.#withoutTask(line.slice(whole.length), level.item));
  }

  #withoutTask(text, item) {
    const task = TASK.exec(text);
    if (!task) {
      return text;
    }
    const isDone = task[1] !== " ";
    item.className = "md-task";
    const mark = document.createElement("span");
    mark.className = isDone ? "md-done" : "md-open";
    mark.textContent = isDone ? "☑" : "☐";
    item.append(mark, " ");
    return text.slice(task[0].length);
  }

  #beginList(indent, marker, item) {
    if (!item) {
      this.#close();
    }
    const list = document.createElement(/\d/.test(marker) ? "ol" : "ul");
    list.dir = "auto"; // what is behind it may be read another way
    if (list.tagName === "OL" && parseInt(marker, 10) !== 1) {
      list.start = parseInt(marker, 10);
    }
    (item ?? this.#place).append(list);
    this.#lists.push({ indent, list });
  }

  #continueItem(line) {
    const { item, list } = this.#lists.at(-1);
    if (this.#isAfterBlank) {
      list.classList.add("tail-loose");
      this.#beginBlock("p", item);
      this.#write(line.trimStart());
    } else {
      this.#write(`\n${line.trimStart()}`);
    }
  }

  #row(line, isWhole) {
    if (!this.#table) {
      this.#close();
      const frame = document.createElement("div");
      frame.className = "md-table";
      frame.dir = "auto";
      this.#table = document.createElement("table");
      frame.append(this.#table);
      this.#place.append(frame);
    }
    if (!isWhole) {
      this.#line = line; // a row is shown once it is whole, as its cells are
      this.#hasBegun = false;
    } else if (DELIMITERS.test(line)) {
      this.#alignments = cellsOf(line).map(alignmentOf);
      this.#align(this.#table.rows[0]);
    } else {
      const tag = this.#table.rows.length === 0 ? "th" : "td";
      const row = this.#table.insertRow();
      for (const text of cellsOf(line)) {
        const cell = document.createElement(tag);
        row.append(cell);
        new Inline(cell).write(`${text} `);
      }
      this.#align(row);
    }
  }

  #align(row) {
    [...(row?.cells ?? [])].forEach((cell, index) => {
      if (this.#alignments[index]) {
        cell.className = this.#alignments[index];
      }
    });
  }

  #beginCode([, fence, info]) {
    const place = this.#lists.at(-1)?.item ?? this.#place;
    if (place === this.#place) {
      this.#close();
    }
    const figure = document.createElement("figure");
    figure.className = "md-code";
    figure.dir = "ltr"; // a list around it goes the way of its words
    if (info.trim()) {
      figure.append(Object.assign(document.createElement("figcaption"), { textContent: info.trim() }));
    }
    const code = document.createElement("code");
    figure.append(document.createElement("pre"));
    figure.lastChild.append(code);
    code.append("");
    place.append(figure);
    const indent = place === this.#place ? 0 : this.#lists.at(-1).indent + 2;
    this.#code = { fence, text: code.firstChild, indent, isEmpty: true };
    this.#inline = null;
  }

  /** Its last line is held back while it may be the closing fence. */
  #growCode() {
    const { fence, text } = this.#code;
    if (!this.#hasBegun && [...this.#line.trim()].every((character) => character === fence[0])) {
      return;
    }
    text.appendData(this.#hasBegun ? this.#line : this.#newLine(this.#line));
    this.#hasBegun = true;
    this.#line = "";
  }

  #endCode(line) {
    const { fence, text } = this.#code;
    const isClosing = !this.#hasBegun && line.trim().length >= fence.length && !line.trim().replaceAll(fence[0], "");
    if (isClosing) {
      this.#code = null;
      this.#isAfterBlank = true;
    } else {
      text.appendData(this.#hasBegun ? line : this.#newLine(line));
    }
  }

  /** Begins with the end of the line before it: the closing fence, too, ends it, and is no line. */
  #newLine(line) {
    const { indent, isEmpty } = this.#code;
    const outdented = line.slice(Math.min(indent, line.length - line.trimStart().length));
    this.#code.isEmpty = false;
    return isEmpty ? outdented : `\n${outdented}`;
  }

  #beginBlock(tag, place = this.#place) {
    const block = document.createElement(tag);
    place.append(block);
    this.#inline = new Inline(block);
  }

  #write(text) {
    this.#inline?.write(text);
  }

  #close() {
    this.#lists = [];
    this.#table = null;
    this.#alignments = [];
    this.#inline = null;
  }

  /** Say where the pen is. */
  #mark() {
    this.#place.querySelector("[data-pen]")?.removeAttribute("data-pen");
    const place = this.#code ? this.#code.text.parentNode : this.#inline?.place;
    place?.toggleAttribute("data-pen", true);
  }
}

/** The texts of a table's row. */
function cellsOf(line) {
  return line
    .trim()
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((text) => text.trim());
}

function alignmentOf(text) {
  const sides = `${text.startsWith(":") ? "left" : ""}${text.endsWith(":") ? "right" : ""}`;
  return { left: "md-left", right: "md-right", leftright: "md-center" }[sides] ?? "";
}

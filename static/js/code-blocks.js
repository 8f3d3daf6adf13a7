import { fromTemplate } from "./html.js";

const SCROLLING = { code: "pre", table: ".md-table", formula: ":is(div, span).md-math, .md-math-line" };

/** Give the blocks in `body` what takes a script: code its buttons, made from the page's templates, and the wide keys. */
export function equipBlocks(body) {
  for (const block of body.querySelectorAll(".md-code:not(:has(copy-button))")) {
    addCopyButton(block);
  }
  for (const block of body.querySelectorAll(".md-long:not(:has(.code-unfold))")) {
    addUnfoldButton(block);
  }
  for (const [kind, places] of Object.entries(SCROLLING)) {
    body.querySelectorAll(places).forEach((place) => {
      kinds.set(place, kind);
      sizes.observe(place);
    });
  }
}

function addCopyButton(block) {
  const button = fromTemplate("data-code-copy");
  const code = block.querySelector("pre");
  button.dataset.text = code.textContent;
  code.before(button);
}

/** The renderer marks long code, and the style sheet shows its first lines until the mark is gone. */
function addUnfoldButton(block) {
  const button = fromTemplate("data-code-unfold");
  const code = block.querySelector("pre");
  const label = button.querySelector("span");
  const lines = code.textContent.replace(/\n$/, "").split("\n").length;
  label.textContent = label.textContent.replace("{lines}", lines);
  button.addEventListener("click", () => unfold(block, { button, code }));
  block.append(button);
}

function unfold(block, { button, code }) {
  block.dispatchEvent(new CustomEvent("code:unfold", { bubbles: true }));
  block.classList.remove("md-long");
  code.tabIndex = 0;
  code.focus({ preventScroll: true }); // or Tab would begin anew at the top of the page
  button.remove();
}

const kinds = new WeakMap();
const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => letKeysScroll(target)));

/** Not every browser lets Tab reach what only scrolls. */
function letKeysScroll(place) {
  if (place.scrollWidth > place.clientWidth) {
    place.tabIndex = 0;
    place.role = "group";
    place.ariaLabel = document.querySelector("chat-conversation").getAttribute(`data-${kinds.get(place)}`);
  } else if (place !== document.activeElement) {
    ["tabindex", "role", "aria-label"].forEach((name) => place.removeAttribute(name));
  }
}

/** Give each block of code in `body` a button that copies it, made from the page's template. */
export function addCopyButtons(body) {
  const template = document.querySelector("template[data-code-copy]");
  for (const block of body.querySelectorAll(".md-code:not(:has(copy-button))")) {
    const code = block.querySelector("pre");
    const button = document.importNode(template.content, true).querySelector("copy-button");
    button.dataset.text = code.textContent;
    code.before(button);
  }
}

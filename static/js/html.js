/** Puts HTML of our own server into the page; no other module does. */

/** The elements of `html`, ready to be put somewhere. */
export function elementsOf(html) {
  return nodesOf(html).filter((node) => node.nodeType === Node.ELEMENT_NODE);
}

/** A copy of what the page's <template> with the attribute `name` has in it. */
export function fromTemplate(name) {
  return document.importNode(document.querySelector(`template[${name}]`).content, true).firstElementChild;
}

/** The nodes of `html`, text included, ready to be put somewhere. */
export function nodesOf(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  return [...document.importNode(parsed.body, true).childNodes];
}

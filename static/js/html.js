/** Puts HTML of our own server into the page; no other module does. */

/** The elements of `html`, ready to be put somewhere. */
export function elementsOf(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  return [...document.importNode(parsed.body, true).children];
}

/** Replace what `target` holds by `html`. */
export function show(target, html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  target.replaceChildren(...document.importNode(parsed.body, true).childNodes);
}

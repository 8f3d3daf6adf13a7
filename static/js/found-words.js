/**
 * Marks in the message that the address names what the address says was found there, and shows the first of it. Loaded
 * behind the rest, where a search led to the page.
 */
const words = new URLSearchParams(location.search).getAll("found").map((word) => word.toLowerCase());
const message = document.getElementById(location.hash.slice(1));
const places = message ? placesIn(message.querySelector(".answer-body, .question-text") ?? message) : [];

if (places.length && CSS.highlights) {
  CSS.highlights.set("found", new Highlight(...places));
  places[0].startContainer.parentElement.closest(".md-long")?.querySelector(".code-unfold")?.click();
  requestAnimationFrame(() => requestAnimationFrame(show)); // once the transcript has done what it does for a page
}

function show() {
  const transcript = message.closest(".transcript");
  transcript.scrollTop += places[0].getBoundingClientRect().top - transcript.clientHeight / 2;
}

function placesIn(element) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    words.forEach((word) => found.push(...placesOf(word, walker.currentNode)));
  }
  return found;
}

function placesOf(word, node) {
  const text = node.data.toLowerCase();
  const found = [];
  for (let at = text.indexOf(word); word && at >= 0 && text.length === node.length; at = text.indexOf(word, at + 1)) {
    const place = document.createRange();
    place.setStart(node, at);
    place.setEnd(node, at + word.length);
    found.push(place);
  }
  return found;
}

const CODE = ".md-code";
const FORMULA = ".md-math";
const PAUSES = { TD: ",", TH: ",", LI: ";", H1: ".", H2: ".", H3: ".", H4: ".", H5: ".", H6: "." };

/**
 * What is said of the server's `nodes` to somebody who listens: their text, with pauses where the eye sees borders; of
 * code how long it is, and of a displayed formula that it is one, in the words of `sentences`.
 */
export function spoken(nodes, sentences) {
  return nodes
    .map((node) => wordsOf(node, sentences))
    .join(" ")
    .replace(/\s+/g, " ")
    .trim();
}

function wordsOf(node, sentences) {
  if (node.nodeType !== Node.ELEMENT_NODE) {
    return node.data;
  }
  if (node.matches(CODE)) {
    return codeSentence(node, sentences);
  }
  if (node.matches(FORMULA)) {
    return sentences.formula;
  }
  const words = [...node.childNodes].map((child) => wordsOf(child, sentences)).join("");
  return PAUSES[node.tagName] ? `${paused(words, PAUSES[node.tagName])} ` : words;
}

function codeSentence(figure, { code, codeIn }) {
  const language = figure.querySelector("figcaption")?.textContent;
  const lines = figure.querySelector("pre").textContent.trimEnd().split("\n").length;
  return (language ? codeIn : code).replace("{language}", language).replace("{lines}", lines);
}

function paused(words, mark) {
  const text = words.trimEnd();
  return /[\p{L}\p{N}]$/u.test(text) ? text + mark : text;
}

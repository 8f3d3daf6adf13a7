/** Requests to our own server. */

import { elementsOf } from "./html.js";

const OURS = "X-Chatsite"; // which every reply of the site bears, and no page that a portal or a proxy puts in its place
const USUAL = { cache: "no-store", credentials: "same-origin", redirect: "manual" };
const PATIENCE = 30_000; // ms; what is not answered by then is asked again, as nobody can wait for ever

/** The server's no, or its silence: `status` is 0 where it could not be reached. */
export class Refused extends Error {
  constructor(status, { code = "", message = "" } = {}) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export async function getHtml(url) {
  const { text } = await reply(url, { headers: { Accept: "text/html", "HX-Request": "true" } });
  return text;
}

/**
 * What the server says to who asks for `url` and is refused; empty where it is not refused, or the server not reached.
 * Nothing of a body is read that may have no end.
 */
export async function whyRefused(url) {
  try {
    return await patiently(async (signal) => {
      const response = await fetch(url, { ...USUAL, headers: { Accept: "application/json" }, signal });
      const isNo = response.headers.has(OURS) && !response.ok;
      return (isNo && jsonOf({ response, text: await response.text() })?.error.message) || "";
    });
  } catch {
    return "";
  }
}

/** The element of this id in the HTML at `url`. A page without it is another's, put between us and the server. */
export async function getElement(url, id) {
  const element = elementsOf(await getHtml(url)).find((each) => each.id === id);
  if (!element) {
    throw new Refused(0);
  }
  return element;
}

export async function postForHtml(url, fields) {
  const { text } = await reply(url, post(fields, { Accept: "text/html", "HX-Request": "true" }));
  return text;
}

/** The reply's JSON, or null where it has none. */
export async function postForJson(url, fields, headers = {}) {
  return jsonOf(await reply(url, post(fields, { Accept: "application/json", ...headers })));
}

function post(fields, headers) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  return { method: "POST", body: new URLSearchParams(fields), headers: { "X-CSRFToken": token, ...headers } };
}

/** The response and its whole text. */
async function reply(url, options) {
  const { response, text } = await whole(url, options);
  if (response.type === "opaqueredirect") {
    throw new Refused(401); // pages lead to the login, and nothing else that is asked for here leads away
  }
  const isOurs = response.headers.has(OURS);
  if (!isOurs && (response.ok || response.status === 404)) {
    throw new Refused(0); // neither its page nor its "not found" says anything of what was asked for
  }
  if (!response.ok) {
    throw new Refused(response.status, (isOurs && jsonOf({ response, text })?.error) || {});
  }
  return { response, text };
}

async function whole(url, options) {
  try {
    return await patiently(async (signal) => {
      const response = await fetch(url, { ...options, ...USUAL, signal });
      return { response, text: await response.text() };
    });
  } catch {
    throw new Refused(0);
  }
}

/** What `work` gives within PATIENCE. Its signal ends what is left then, and afterwards. */
async function patiently(work) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  try {
    return await work(patience.signal);
  } finally {
    clearTimeout(timer);
    patience.abort();
  }
}

function jsonOf({ response, text }) {
  const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
  try {
    return isJson ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

// What htmx asks for is held to the same: another's page is not put into ours, and the link stays to be tried again.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  detail.shouldSwap &&= detail.xhr.getResponseHeader(OURS) !== null;
});

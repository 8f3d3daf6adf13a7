/** Requests to our own server. */

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
  if (!response.ok) {
    throw new Refused(response.status, jsonOf({ response, text })?.error);
  }
  return { response, text };
}

async function whole(url, options) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  const usual = { cache: "no-store", credentials: "same-origin", redirect: "manual", signal: patience.signal };
  try {
    const response = await fetch(url, { ...options, ...usual });
    return { response, text: await response.text() };
  } catch {
    throw new Refused(0);
  } finally {
    clearTimeout(timer);
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

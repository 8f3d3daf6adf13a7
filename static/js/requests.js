/** Requests to our own server. */

/** The server's no, or its silence: `status` is 0 where it could not be reached. */
export class Refused extends Error {
  constructor(status, { code = "", message = "" } = {}) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export async function getHtml(url) {
  const response = await reply(url, { headers: { Accept: "text/html", "HX-Request": "true" } });
  return response.text();
}

export async function postForHtml(url, fields) {
  const response = await reply(url, post(fields, { Accept: "text/html", "HX-Request": "true" }));
  return response.text();
}

/** The reply's JSON, or null where it has none. */
export async function postForJson(url, fields, headers = {}) {
  const response = await reply(url, post(fields, { Accept: "application/json", ...headers }));
  return isJson(response) ? response.json() : null;
}

function post(fields, headers) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  return { method: "POST", body: new URLSearchParams(fields), headers: { "X-CSRFToken": token, ...headers } };
}

async function reply(url, options) {
  let response;
  try {
    response = await fetch(url, { ...options, cache: "no-store", credentials: "same-origin", redirect: "manual" });
  } catch {
    throw new Refused(0);
  }
  if (response.type === "opaqueredirect") {
    throw new Refused(401); // pages lead to the login, and nothing else that is asked for here leads away
  }
  if (!response.ok) {
    throw new Refused(response.status, await errorOf(response));
  }
  return response;
}

async function errorOf(response) {
  try {
    return isJson(response) ? (await response.json()).error : {};
  } catch {
    return {};
  }
}

function isJson(response) {
  return response.headers.get("Content-Type")?.startsWith("application/json") ?? false;
}

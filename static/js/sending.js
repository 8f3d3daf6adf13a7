/** What the composer and the editor of a message have in common when they send. */

import { postForJson, Refused } from "./requests.js";

export function isTooLong(text, byteLimit) {
  return 3 * text.length > byteLimit && new TextEncoder().encode(text).length > byteLimit;
}

/** Do `work` and mark `element` as busy meanwhile, unless it is so already; `error` says why the work failed. */
export async function whileBusy(element, error, work) {
  if (element.hasAttribute("data-busy")) {
    return;
  }
  element.toggleAttribute("data-busy", true);
  error.hush();
  try {
    await work();
  } catch (refusal) {
    error.explain(refusal);
  } finally {
    element.toggleAttribute("data-busy", false);
  }
}

/** Send what was written in `draft`, which is then forgotten; the reply, with the ids of message and answer. */
export async function sendDraft(draft, url, fields) {
  const reply = await postForJson(url, fields, { "Idempotency-Key": draft.keyFor(fields) });
  if (!reply?.conversation?.url || !reply.message?.id || !reply.answer?.id) {
    throw new Refused(0); // another's reply, put between us and the server: nothing says that the message arrived
  }
  draft.forget();
  return reply;
}

/** What the composer and the editor of a message have in common when they send. */

import { postForJson, Refused } from "./requests.js";

/** What to say of a text that is longer than may be sent, with how much it is too long; empty where it is not. */
export function tooLong(text, { byteLimit, tooLongBy }) {
  const most = Number(byteLimit);
  const over = 3 * text.length > most ? new TextEncoder().encode(text).length - most : 0;
  return over > 0 ? tooLongBy.replace("{size}", Math.ceil(over / 1000)) : "";
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

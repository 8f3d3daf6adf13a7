import "./answer.js";
import "./answer-rating.js";
import "./answer-report.js";
import "./branch-form.js";
import "./chat-list.js";
import "./choose-preset.js";
import "./command-palette.js";
import "./composer-preview.js";
import "./composer.js";
import "./connection-notice.js";
import "./conversation.js";
import "./copy-button.js";
import "./keyboard-shortcuts.js";
import "./learn-zone.js";
import "./live-announcer.js";
import "./message-editor.js";
import "./offline.js";
import "./person-preference.js";
import "./pop-menu.js";
import "./sent-record.js";
import "./transcript.js";
import { forgetDrafts, newKey } from "./drafts.js";

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-forgets-drafts]")) {
    forgetDrafts();
  }
});

// A page that the browser kept has keys that may be used up: what is asked there now is asked anew.
addEventListener("pageshow", (event) => {
  if (event.persisted) {
    document.querySelectorAll("input[name=key]").forEach((field) => (field.value = newKey()));
  }
});

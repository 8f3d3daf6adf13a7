import "./answer.js";
import "./branch-stepper.js";
import "./composer-preview.js";
import "./composer.js";
import "./connection-notice.js";
import "./conversation.js";
import "./copy-button.js";
import "./message-editor.js";
import "./offline.js";
import "./person-preference.js";
import "./pop-menu.js";
import "./sent-record.js";
import "./transcript.js";
import { forgetDrafts } from "./drafts.js";

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-forgets-drafts]")) {
    forgetDrafts();
  }
});

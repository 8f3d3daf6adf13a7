/** Lets the browser keep the page that it shows when the site cannot be reached. Not there on plain HTTP. */
if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("/service-worker.js").catch(() => {
    // Without it the browser shows its own page.
  });
}

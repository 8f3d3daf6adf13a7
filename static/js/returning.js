const GLANCE = 5_000; // ms; who looks away for less has missed nothing that a page could not show by itself

/** Calls `catchUp` when somebody comes back to this tab, until `signal` ends it. */
export function onReturn(catchUp, { signal }) {
  let hiddenAt = Infinity;
  const seenOrNot = () => {
    if (document.hidden) {
      hiddenAt = Date.now();
    } else if (Date.now() - hiddenAt > GLANCE) {
      catchUp();
    }
  };
  document.addEventListener("visibilitychange", seenOrNot, { signal });
}

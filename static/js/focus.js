/** Keeps the focus where somebody has it, though what has it is replaced. */

const FOCUSABLE = "a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, summary, [tabindex]";

/** Do `change`, which may replace nodes in `place`. Who had the focus on one has it on its successor, or on `place`. */
export function keepFocus(place, change) {
  const held = place.contains(document.activeElement) ? document.activeElement : null;
  const home = held?.closest("[id]");
  const index = held ? likes(held, home).indexOf(held) : -1;
  change();
  if (held && !held.isConnected) {
    const successor = document.getElementById(home.id);
    focusOn(successor && likes(held, successor)[index], successor, place);
  }
}

/** Give the focus to the first of `elements` that takes it. */
export function focusOn(...elements) {
  for (const element of elements.filter(Boolean)) {
    if (!element.matches(FOCUSABLE)) {
      element.tabIndex = -1;
    }
    element.focus({ preventScroll: true });
    if (element === document.activeElement) {
      return;
    }
  }
}

/** Which in `home` are of the kind of `element`: others may come and go before them. */
function likes({ tagName, className }, home) {
  return [...home.querySelectorAll(tagName)].filter((each) => each.className === className);
}

// What htmx loads takes the place of the link that asked for it: the focus goes on to what is next to what was read. A
// reply that is not put into the page moves nothing.
const steps = new WeakMap(); // by request
document.addEventListener("htmx:beforeSwap", ({ detail: { xhr, target } }) => {
  if (target.contains(document.activeElement)) {
    const { previousElementSibling: before, nextElementSibling: behind } = target;
    steps.set(xhr, () => focusOn(before ? firstIn(before.nextElementSibling) : behind?.previousElementSibling));
  }
});
document.addEventListener("htmx:afterSwap", ({ detail: { xhr } }) => {
  steps.get(xhr)?.();
  steps.delete(xhr); // it is said of each element that came
});

function firstIn(element) {
  return element?.querySelector(FOCUSABLE) ?? element;
}

/** Whether this is a machine of Apple, where ⌘ is what Ctrl is elsewhere, and Ctrl edits texts. */
export const isApple = /^(Mac|iP)/.test(navigator.platform);

/** Whether Ctrl (⌘) is held with this key, and Alt is not. */
export function isCommand({ ctrlKey, metaKey, altKey }) {
  return !altKey && (isApple ? metaKey && !ctrlKey : ctrlKey && !metaKey);
}

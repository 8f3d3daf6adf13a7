/**
 * A form that sends what a passkey says: `data-does` is "show" or "make". What the site asks of it stands in the
 * element, or is fetched from `data-options-url` when it is wanted. Where passkeys cannot work, it says why, or with
 * `data-only-where-it-works` is not there.
 */
class PasskeyForm extends HTMLElement {
  #button;

  connectedCallback() {
    this.#button = this.querySelector("button");
    this.#button.addEventListener("click", this);
    const obstacle = this.#obstacle();
    this.hidden = Boolean(obstacle) && "onlyWhereItWorks" in this.dataset;
    this.#button.disabled = Boolean(obstacle);
    this.#say(obstacle);
  }

  disconnectedCallback() {
    this.#button.removeEventListener("click", this);
  }

  async handleEvent() {
    this.#button.disabled = true;
    this.#say("");
    try {
      const form = this.querySelector("form");
      form.elements.credential.value = JSON.stringify(await this.#credential(form));
      form.submit();
    } catch {
      this.#say(this.dataset.refused); // the person declined, had no such passkey, or the site was not reached
    }
    this.#button.disabled = false;
  }

  /** Only a page that nobody can have changed on its way, of a site with a name, may ask for passkeys. */
  #obstacle() {
    if (!isSecureContext || /^[\d.]+$|^\[/.test(location.hostname)) {
      return this.dataset.insecure;
    }
    return window.PublicKeyCredential?.parseCreationOptionsFromJSON ? "" : this.dataset.unknown;
  }

  async #credential(form) {
    const { publicKey } = await this.#options();
    return this.dataset.does === "make" ? make(publicKey, form.elements.passwordless.checked) : show(publicKey);
  }

  async #options() {
    const { optionsUrl } = this.dataset;
    if (!optionsUrl) {
      return JSON.parse(this.querySelector("script").textContent);
    }
    const response = await fetch(optionsUrl, { cache: "no-store", headers: { Accept: "application/json" } });
    return (await response.json()).request_options;
  }

  #say(sentence) {
    this.querySelector("[role=status]").textContent = sentence;
  }
}

/** A new passkey; where it is to log in alone, one that its keeper finds by itself, and that asks who holds it. */
function make(asked, isAlone) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON({
    ...asked,
    authenticatorSelection: {
      ...asked.authenticatorSelection,
      residentKey: isAlone ? "required" : "discouraged",
      requireResidentKey: isAlone,
      userVerification: isAlone ? "required" : asked.authenticatorSelection.userVerification,
    },
  });
  return navigator.credentials.create({ publicKey });
}

function show(asked) {
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) });
}

customElements.define("passkey-form", PasskeyForm);

// Adding a passkey: the browser makes it, and /api keeps it.
"use strict";

(() => {
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  async function ask(form, path, body) {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json", "x-csrf-token": form.dataset.csrf },
      body: JSON.stringify(body),
    });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.detail || told.title || answer.statusText);
    return told;
  }

  function options(told) {
    const given = told.publicKey || told;
    return {
      ...given,
      challenge: bytes(given.challenge),
      user: { ...given.user, id: bytes(given.user.id) },
      excludeCredentials: (given.excludeCredentials || []).map((each) => ({ ...each, id: bytes(each.id) })),
    };
  }

  function credential(made) {
    const response = {
      clientDataJSON: text(made.response.clientDataJSON),
      attestationObject: text(made.response.attestationObject),
    };
    if (made.response.getTransports) response.transports = made.response.getTransports();
    return {
      id: made.id,
      rawId: text(made.rawId),
      type: made.type,
      response,
      clientExtensionResults: made.getClientExtensionResults(),
    };
  }

  async function add(form) {
    const typed = new FormData(form);
    const told = await ask(form, "/api/account/passkeys/options", {
      password: typed.get("password") || "",
    });
    const made = await navigator.credentials.create({ publicKey: options(told) });
    await ask(form, "/api/account/passkeys", {
      name: typed.get("name"),
      credential: credential(made),
    });
    location.reload();
  }

  function begin(form) {
    const wrong = form.querySelector("[role=alert]");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      wrong.hidden = true;
      add(form).catch((error) => {
        const refused = error instanceof DOMException;
        wrong.textContent = refused ? form.dataset.refused : error.message;
        wrong.hidden = false;
      });
    });
  }

  const form = document.getElementById("passkey");
  if (form && window.PublicKeyCredential) begin(form);
  else if (form) form.hidden = true;
})();

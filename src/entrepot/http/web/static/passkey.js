/* Logging in with a passkey: both calls go to /api. */
"use strict";

const place = document.getElementById("passkey");

if (place && window.PublicKeyCredential) {
  place.querySelector("button").addEventListener("click", async () => {
    const told = place.querySelector("[role=alert]");
    told.textContent = "";
    try {
      const options = await post("/api/login/passkey/options", {});
      const found = await navigator.credentials.get({ publicKey: read(options.publicKey ?? options) });
      const session = await post("/api/login/passkey", { credential: written(found) });
      location.assign(session.must_change_password ? "/settings/password" : place.dataset.next);
    } catch {
      told.textContent = place.dataset.failed;
    }
  });
} else if (place) {
  place.hidden = true;
}

async function post(address, body) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

/* What is bytes to browsers is base64url in JSON. */
function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (each) => each.charCodeAt(0));
}

function text(buffer) {
  const plain = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return plain.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function read(options) {
  const allowed = (options.allowCredentials ?? []).map((each) => ({ ...each, id: bytes(each.id) }));
  return { ...options, challenge: bytes(options.challenge), allowCredentials: allowed };
}

function written(found) {
  const { clientDataJSON, authenticatorData, signature, userHandle } = found.response;
  return {
    id: found.id,
    rawId: text(found.rawId),
    type: found.type,
    clientExtensionResults: found.getClientExtensionResults(),
    response: {
      clientDataJSON: text(clientDataJSON),
      authenticatorData: text(authenticatorData),
      signature: text(signature),
      userHandle: userHandle ? text(userHandle) : null,
    },
  };
}

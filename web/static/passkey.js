// Passkeys: a form with data-passkey fetches a challenge, lets the browser
// answer it and sends the answer like any other form. Without this script, or
// in a browser without passkeys, the form stays hidden and a code does the job.
(() => {
  "use strict";
  const api = window.PublicKeyCredential;
  if (!api || !api.parseRequestOptionsFromJSON || !api.parseCreationOptionsFromJSON) return;

  const asks = {
    get: (o) => navigator.credentials.get({ publicKey: api.parseRequestOptionsFromJSON(o) }),
    create: (o) => navigator.credentials.create({ publicKey: api.parseCreationOptionsFromJSON(o) }),
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const host = form.dataset.host;
    if (location.hostname !== host && !location.hostname.endsWith("." + host)) {
      const hint = form.nextElementSibling;
      if (hint && hint.matches("[data-elsewhere]")) hint.hidden = false;
      continue;
    }
    form.hidden = false;
    const says = form.querySelector("[data-says]");
    form.addEventListener("submit", async (e) => {
      e.preventDefault();
      says.textContent = "Follow what your browser asks.";
      try {
        const r = await fetch(form.action + "/options", { method: "POST", headers: { "X-CSRF-Token": form.elements.csrf.value } });
        if (!r.ok || r.redirected) {
          says.textContent = "This page is too old. Reload it and try again.";
          return;
        }
        form.elements.answer.value = JSON.stringify(await asks[form.dataset.passkey](await r.json()));
        form.submit();
      } catch (err) {
        says.textContent = err.name === "InvalidStateError" ? "This device has a passkey for this account already." : "No passkey was used. Try again, or choose another way.";
      }
    });
  }
})();

/* Pages about one's own account: passkeys, and printing. Needs webauthn-json for the former.
   A form with data-passkey="create" or "get" asks the browser for a passkey when it is sent. What is
   to be signed stands in #passkey-options, or is fetched from where the form goes. */
(function () {
  "use strict";

  function options(form) {
    var given = document.getElementById("passkey-options");
    if (given) { return Promise.resolve(JSON.parse(given.textContent)); }
    return fetch(form.action, { headers: { Accept: "application/json" }, credentials: "same-origin" })
      .then(function (response) {
        if (!response.ok) { throw new Error("no options"); }
        return response.json();
      });
  }

  function create(data) {
    var wanted = data.creation_options;
    wanted.publicKey.authenticatorSelection = Object.assign(
      {}, wanted.publicKey.authenticatorSelection,
      { residentKey: "required", requireResidentKey: true, userVerification: "required" }
    );
    return window.webauthnJSON.create(wanted);
  }

  function mount(form) {
    var kind = form.getAttribute("data-passkey");
    var status = form.querySelector("[data-passkey-status]");
    var can = window.webauthnJSON && window.webauthnJSON.supported();
    if (!can) {
      if (status && status.hasAttribute("data-missing")) { status.textContent = status.getAttribute("data-missing"); }
      return;
    }
    form.hidden = false;
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      status.textContent = "";
      options(form)
        .then(function (data) { return kind === "create" ? create(data) : window.webauthnJSON.get(data.request_options); })
        .then(function (credential) {
          form.elements.namedItem("credential").value = JSON.stringify(credential);
          form.submit();
        })
        .catch(function () { status.textContent = status.getAttribute("data-failed"); });
    });
  }

  document.querySelectorAll("form[data-passkey]").forEach(mount);
  document.querySelectorAll("[data-print]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });
}());

/* A form that survives a lost connection. Over an ordinary <form method="post" data-autosave>:
   answers are kept on the device while they can't be sent, sent again with the same submission key
   when the network is back, and forgotten as soon as the server has acknowledged them. */
(function () {
  "use strict";

  function store(key, fields) {
    try { localStorage.setItem(key, JSON.stringify(fields)); return true; } catch (error) { return false; }
  }

  function forget(key) {
    try { localStorage.removeItem(key); } catch (error) { /* nothing was kept */ }
  }

  function recall(key) {
    try { return JSON.parse(localStorage.getItem(key)); } catch (error) { return null; }
  }

  function fieldsOf(form, submitter) {
    var data = new FormData(form, submitter);
    return Array.from(data.entries()).filter(function (pair) {
      return typeof pair[1] === "string" && pair[0] !== "csrfmiddlewaretoken";
    });
  }

  function fill(form, fields) {
    fields.forEach(function (pair) {
      form.querySelectorAll("[name='" + CSS.escape(pair[0]) + "']").forEach(function (control) {
        if (control.type === "radio" || control.type === "checkbox") {
          control.checked = control.checked || control.value === pair[1];
        } else if (control.type !== "hidden" && control.tagName !== "BUTTON") {
          control.value = pair[1];
        }
      });
    });
  }

  function mount(form) {
    var submission = form.elements.namedItem("submission");
    var status = form.querySelector("[data-autosave-status]");
    if (!submission || !status) { return; }
    var key = "oa-unsent:" + location.pathname + ":" + submission.value;
    var unsent = recall(key);
    var sending = false;
    var retry = null;

    function say(words, waiting) {
      status.textContent = status.getAttribute("data-" + words) || "";
      status.classList.toggle("autosave-status--waiting", Boolean(waiting));
    }

    function wait() {
      say(store(key, unsent) ? "waiting" : "refused", true);
      clearTimeout(retry);
      retry = setTimeout(send, 15000);
    }

    function body() {
      var sent = new URLSearchParams(unsent);
      var token = form.querySelector("[name='csrfmiddlewaretoken']");
      if (token) { sent.set("csrfmiddlewaretoken", token.value); }
      return sent;
    }

    function received(response) {
      if (response.status >= 500) { wait(); return undefined; }
      if (response.status === 403 || response.status === 429) { say("refused", true); return undefined; }
      forget(key);
      unsent = null;
      if (response.redirected) { location.assign(response.url); return undefined; }
      return response.text().then(function (page) {
        var next = new DOMParser().parseFromString(page, "text/html");
        var main = next.querySelector("main");
        if (!main) { say("refused", true); return; }
        document.title = next.title;
        document.querySelector("main").replaceWith(document.adoptNode(main));
        main.focus();
        mountAll();
      });
    }

    function send() {
      if (sending || !unsent) { return; }
      if (!navigator.onLine) { wait(); return; }
      sending = true;
      say("sending");
      fetch(form.action || location.href, { method: "POST", body: body(), credentials: "same-origin" })
        .then(received, wait)
        .catch(wait)
        .finally(function () { sending = false; });
    }

    form.addEventListener("submit", function (event) {
      event.preventDefault();
      unsent = fieldsOf(form, event.submitter);
      send();
    });
    window.addEventListener("online", send);
    if (unsent) {
      fill(form, unsent);
      send();
    }
  }

  function mountAll() { document.querySelectorAll("form[data-autosave]").forEach(mount); }

  mountAll();
}());

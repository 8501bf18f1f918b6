/* A form that survives a lost connection. Over an ordinary <form method="post" data-autosave>:
   answers are kept on the device while they can't be sent, sent again with the same submission key
   when the network is back, and forgotten as soon as the server has acknowledged them, or when
   whoever wrote them chooses not to send them ([data-autosave-forget]) or leaves this device. */
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

  /* The keys of all that waits on this device beneath an address. */
  function waitingBeneath(address) {
    try {
      return Object.keys(localStorage).filter(function (key) { return key.startsWith("oa-unsent:" + address); });
    } catch (error) { return []; }
  }

  /* Before leaving it is said that something was not sent; after leaving nothing of it is left here. */
  function mountLeaving(mark) {
    var waiting = waitingBeneath(mark.getAttribute("data-autosave-beneath"));
    if (mark.hasAttribute("data-autosave-clear")) { waiting.forEach(forget); return; }
    mark.hidden = waiting.length === 0;
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

  /* What a page needs besides its main: style sheets and scripts this one has not loaded yet. */
  function loadMissing(next) {
    next.querySelectorAll("link[rel='stylesheet'], script[src]").forEach(function (needed) {
      var address = needed.getAttribute("href") || needed.getAttribute("src");
      if (document.querySelector("[href='" + CSS.escape(address) + "'], [src='" + CSS.escape(address) + "']")) { return; }
      var copy = document.createElement(needed.tagName);
      Array.from(needed.attributes).forEach(function (attribute) { copy.setAttribute(attribute.name, attribute.value); });
      document.head.appendChild(copy);
    });
  }

  /* The answer is shown as it came, without asking for the page a second time. */
  function show(next, response) {
    var main = next.querySelector("main");
    if (!main) { location.assign(response.url); return; }
    if (response.redirected) { history.pushState(null, "", response.url); }
    document.title = next.title;
    document.querySelector("main").replaceWith(document.adoptNode(main));
    loadMissing(next);
    window.scrollTo(0, 0);
    main.focus();
    if (window.htmx) { window.htmx.process(main); }
    mountAll();
  }

  function mount(form) {
    var submission = form.elements.namedItem("submission");
    var status = form.querySelector("[data-autosave-status]");
    if (!submission || !status) { return; }
    var key = "oa-unsent:" + location.pathname;
    var unsent = recall(key);
    var sending = false;
    var retry = null;

    function say(keys, waiting) {
      status.textContent = keys.map(function (key) { return status.getAttribute("data-" + key); }).join(" ");
      status.classList.toggle("autosave-status--waiting", Boolean(waiting));
    }

    function wait() {
      say(store(key, unsent) ? ["waiting", "kept"] : ["waiting"], true);
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
      if (response.status === 403 || response.status === 429) {
        forget(key);
        say(["refused"], true);
        return undefined;
      }
      if (response.redirected && new URL(response.url).pathname.endsWith("/code")) {
        // The visit had ended: the answer waits on the device and is sent once the code is typed.
        store(key, unsent);
        location.assign(response.url);
        return undefined;
      }
      return response.text().then(function (page) {
        forget(key);
        unsent = null;
        show(new DOMParser().parseFromString(page, "text/html"), response);
      });
    }

    function send() {
      if (sending || !unsent) { return; }
      if (!navigator.onLine) { wait(); return; }
      sending = true;
      say(["sending"]);
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
    document.querySelectorAll("[data-autosave-forget]").forEach(function (way) {
      way.addEventListener("click", function () {
        clearTimeout(retry);
        unsent = null;
        forget(key);
      });
    });
    window.addEventListener("online", send);
    if (unsent) {
      fill(form, unsent);
      send();
    }
  }

  function mountAll() {
    document.querySelectorAll("form[data-autosave]").forEach(mount);
    document.querySelectorAll("[data-autosave-beneath]").forEach(mountLeaving);
  }

  window.addEventListener("popstate", function () { location.reload(); });
  mountAll();
}());

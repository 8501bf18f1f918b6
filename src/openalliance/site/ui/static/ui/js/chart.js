/* Livelier charts: redraws each [data-chart] from its own specification at the figure's true width,
   in the page's colours. The server's drawing stays until this one has succeeded. */
(function () {
  "use strict";

  var script = document.currentScript;
  var vega = script.getAttribute("data-vega");

  function load(then) {
    if (window.vegaEmbed) { then(); return; }
    var tag = document.createElement("script");
    tag.src = vega;
    tag.onload = then;
    document.head.appendChild(tag);
  }

  function draw(figure) {
    var holder = figure.querySelector("script[type='application/json']");
    var live = figure.querySelector(".chart__live");
    var width = Math.floor(figure.clientWidth
      - parseFloat(getComputedStyle(figure).paddingLeft) - parseFloat(getComputedStyle(figure).paddingRight));
    if (!holder || !live || figure.drawnAt === width) { return; }
    figure.drawnAt = width;
    var variants = JSON.parse(holder.textContent);
    var spec = width < 600 ? variants.narrow : variants.wide;
    var room = width - spec.usermeta.margins;
    if (room < 160) { return; } /* the server's drawing is scaled to fit; this one would be cut off */
    var canvas = document.createElement("div");
    spec.config.view.continuousWidth = room;
    if (typeof spec.width === "number") { spec.width = room; }
    window.vegaEmbed(canvas, spec, {
      ast: true, actions: false, defaultStyle: false, tooltip: false, renderer: "svg",
      timeFormatLocale: spec.usermeta.timeFormatLocale
    }).then(function () {
      var drawn = canvas.querySelector("svg");
      /* Long words make a drawing wider than planned; the server's is scaled to fit. */
      if (drawn && parseFloat(drawn.getAttribute("width")) > width + 1) {
        live.hidden = true;
        figure.classList.remove("chart--live");
        return;
      }
      live.replaceChildren(canvas);
      live.hidden = false;
      figure.classList.add("chart--live");
    }).catch(function () { /* the server's drawing stays */ });
  }

  function drawAll() { document.querySelectorAll("[data-chart]").forEach(draw); }

  function start() {
    if (!document.querySelector("[data-chart]")) { return; }
    load(function () {
      drawAll();
      var waiting = null;
      window.addEventListener("resize", function () {
        clearTimeout(waiting);
        waiting = setTimeout(drawAll, 200);
      });
      document.addEventListener("htmx:afterSwap", drawAll);
    });
  }

  if (vega) { start(); }
}());

// The map of the catalogue: points on a canvas, to be moved, zoomed and pointed at.

import { Card } from "./map/card.js";
import { Drawing } from "./map/drawing.js";
import { watchButtons, watchKeys, watchPointers } from "./map/gestures.js";
import { nearest, unpacked } from "./map/points.js";
import { View } from "./map/view.js";

const REACH = 14; // pixels from a point within which it counts as pointed at
const STILL_AFTER = 120; // milliseconds without a move

function begin(box, buffer) {
  const canvas = box.querySelector("canvas");
  const card = new Card(box.querySelector(".map-card"), box.dataset.card);
  const hidden = new Set();
  const map = unpacked(buffer);
  const view = new View(map.bounds);
  const drawing = new Drawing(canvas, map, view, hidden);
  let pointed = -1;
  let moving = 0;
  let queued = 0;

  function draw() {
    queued ||= window.requestAnimationFrame(() => {
      queued = 0;
      drawing.draw(pointed, moving);
    });
  }

  function moved() {
    point(-1);
    window.clearTimeout(moving);
    moving = window.setTimeout(() => {
      moving = 0;
      draw();
    }, STILL_AFTER);
    draw();
  }

  function resize() {
    const { width, height } = drawing.resize();
    view.resize(width, height);
    draw();
  }

  function look(x, y, zoomed) {
    view.look(x, y, view.least * zoomed);
    draw();
  }

  function repaint() {
    drawing.forget();
    draw();
  }

  function point(at) {
    if (at === pointed) return;
    pointed = at;
    canvas.classList.toggle("is-pointing", at >= 0);
    draw();
    if (at < 0) return card.hide();
    card.told(map.ids[at]).then((product) => {
      if (product && pointed === at) card.show(product, view.at(map.x[at], map.y[at]), view);
    });
  }

  function open(at) {
    if (at < 0) return point(-1);
    card.told(map.ids[at]).then((product) => product && window.location.assign(product.url));
  }

  const under = ({ x, y }) => nearest(map, view.placeAt(x, y), REACH / view.scale, hidden);
  const does = {
    pan: (dx, dy) => (view.pan(dx, dy), moved()),
    zoom: (by, x, y) => (view.zoom(by, x, y), moved()),
    everything: () => (view.everything(), draw()),
    release: () => point(-1),
    hover: (at) => point(under(at)),
    open: (at) => open(under(at)),
    leave: (to) => card.element.contains(to) || point(-1),
  };
  if (map.products < map.of) tellShare(box, map);
  const legend = () => toggles(box, { map, drawing, hidden, repaint });
  legend();
  watchPointers(canvas, does);
  watchKeys(canvas, does);
  watchButtons(box.querySelector(".map-zoom"), does);
  watchTable(canvas, look);
  resize();
  new ResizeObserver(resize).observe(canvas);
  const theme = new MutationObserver(() => (legend(), repaint()));
  theme.observe(document.documentElement, { attributeFilter: ["class"] });
  box.dataset.ready = "yes";
}

function tellShare(box, map) {
  const numbers = { "{drawn}": map.products.toLocaleString(), "{all}": map.of.toLocaleString() };
  const text = box.dataset.drawn.replace(/\{(drawn|all)\}/g, (name) => numbers[name]);
  box.querySelector(".map-note").textContent = text;
}

// A button for each branch of categories, which takes it off the map and puts it back.
function toggles(box, { map, drawing, hidden, repaint }) {
  const legend = document.querySelector(".map-legend");
  legend.replaceChildren();
  map.kinds.forEach((kind, at) => {
    if (!kind.count) return;
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", String(!hidden.has(at)));
    const swatch = document.createElement("i");
    swatch.style.background = drawing.colour(at);
    const count = document.createElement("small");
    count.textContent = kind.count.toLocaleString();
    button.append(swatch, kind.name || box.dataset.uncategorised, count);
    button.addEventListener("click", () => {
      if (!hidden.delete(at)) hidden.add(at);
      button.setAttribute("aria-pressed", String(!hidden.has(at)));
      repaint();
    });
    legend.append(button);
  });
}

// A name in the table leads to its place.
function watchTable(canvas, look) {
  document.querySelector(".map-crowds")?.addEventListener("click", (event) => {
    const { x, y } = event.target.dataset;
    if (x === undefined) return;
    look(Number(x), Number(y), 6);
    canvas.focus();
    canvas.scrollIntoView({ block: "center" });
  });
}

const box = document.querySelector("[data-map]");
if (box) {
  fetch(box.dataset.map)
    .then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(new Error(answer.status))))
    .then((buffer) => begin(box, buffer))
    .catch(() => {
      box.querySelector(".map-note").textContent = box.dataset.failed;
    });
}

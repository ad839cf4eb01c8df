// The map of the catalogue: points on a canvas, to be moved, zoomed and pointed at.
"use strict";

(() => {
  const box = document.querySelector("[data-map]");
  if (!box) return;

  const SIDE = 65535; // of the square in which places are given
  const MARGIN = 24; // pixels about everything
  const MOST_ZOOM = 60;
  const REACH = 14; // pixels from a point within which it counts as pointed at
  const CELLS = 256; // of the grid by which points are found, a side
  const SHADES = 5;
  const HUES = [255, 35, 150, 330, 85, 200, 300, 15, 120, 60, 230, 280];
  // Drawn in between while the map moves, so that it keeps up with the hand.
  const MOST_WHILE_MOVING = 40000;

  const canvas = box.querySelector("canvas");
  const card = box.querySelector(".map-card");
  const note = box.querySelector(".map-note");
  const legend = document.querySelector(".map-legend");
  const context = canvas.getContext("2d");
  const cards = new Map();
  const hidden = new Set();
  let map = null;
  let view = { x: 0, y: 0, scale: 1 }; // a place p is drawn at p * scale + (x, y)
  let least = 1;
  let size = { width: 0, height: 0 };
  let haze = null;
  let pointed = -1;
  let moving = 0;
  let queued = 0;

  const isDark = () => document.documentElement.classList.contains("dark");

  function unpacked(buffer) {
    const length = new DataView(buffer).getUint32(0, true);
    const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
    const n = head.products;
    let at = 4 + length;
    const take = (type, bytes) => {
      const found = new type(buffer, at, n);
      at += n * bytes;
      return found;
    };
    const ids = take(Float64Array, 8);
    const [x, y, kind, shade] = [0, 1, 2, 3].map(() => take(Uint16Array, 2));
    return { ...head, ids, x, y, kind, shade, ...grid(x, y), groups: grouped(kind, shade) };
  }

  // Points by cell of a grid, for the one nearest to the pointer.
  function grid(x, y) {
    const starts = new Uint32Array(CELLS * CELLS + 1);
    const cell = (i) => (y[i] >> 8) * CELLS + (x[i] >> 8);
    for (let i = 0; i < x.length; i++) starts[cell(i) + 1]++;
    for (let c = 0; c < CELLS * CELLS; c++) starts[c + 1] += starts[c];
    const next = starts.slice();
    const members = new Uint32Array(x.length);
    for (let i = 0; i < x.length; i++) members[next[cell(i)]++] = i;
    return { starts, members };
  }

  // Points of one colour after each other, so that a colour is set once.
  function grouped(kind, shade) {
    const groups = new Map();
    for (let i = 0; i < kind.length; i++) {
      const key = kind[i] * SHADES + (shade[i] % SHADES);
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(i);
    }
    return groups;
  }

  function colour(kind, shade) {
    const dark = isDark();
    const middle = (SHADES - 1) / 2;
    const light = (dark ? 0.76 : 0.6) + 0.045 * (shade - middle) * (dark ? 1 : -1);
    if (kind >= map.kinds.length - 1) return `oklch(${light} 0.015 260)`;
    const round = Math.floor(kind / HUES.length);
    const hue = HUES[kind % HUES.length] + 9 * (shade - middle) + 12 * round;
    return `oklch(${light} ${dark ? 0.13 : 0.16} ${hue})`;
  }

  function resize() {
    const shape = canvas.getBoundingClientRect();
    const ratio = window.devicePixelRatio || 1;
    const centre = map && size.width ? placeAt(size.width / 2, size.height / 2) : null;
    const zoom = view.scale / least;
    size = { width: shape.width, height: shape.height };
    canvas.width = Math.round(shape.width * ratio);
    canvas.height = Math.round(shape.height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (!map) return;
    if (centre) {
      least = fitting();
      look(centre.x, centre.y, least * zoom);
    } else everything();
  }

  const bounds = () => map.bounds || (map.bounds = measured());

  function measured() {
    const found = { left: SIDE, right: 0, top: SIDE, bottom: 0 };
    for (let i = 0; i < map.products; i++) {
      found.left = Math.min(found.left, map.x[i]);
      found.right = Math.max(found.right, map.x[i]);
      found.top = Math.min(found.top, map.y[i]);
      found.bottom = Math.max(found.bottom, map.y[i]);
    }
    return found;
  }

  function fitting() {
    const { left, right, top, bottom } = bounds();
    const across = (size.width - 2 * MARGIN) / Math.max(right - left, 1);
    const down = (size.height - 2 * MARGIN) / Math.max(bottom - top, 1);
    return Math.max(Math.min(across, down), 1e-4);
  }

  function everything() {
    const { left, right, top, bottom } = bounds();
    least = fitting();
    look((left + right) / 2, (top + bottom) / 2, least);
  }

  // Put a place in the middle.
  function look(x, y, scale) {
    view = { scale, x: size.width / 2 - x * scale, y: size.height / 2 - y * scale };
    kept();
    draw();
  }

  const placeAt = (x, y) => ({ x: (x - view.x) / view.scale, y: (y - view.y) / view.scale });

  function zoom(by, x = size.width / 2, y = size.height / 2) {
    const scale = Math.min(Math.max(view.scale * by, least), least * MOST_ZOOM);
    const change = scale / view.scale;
    view = { scale, x: x - (x - view.x) * change, y: y - (y - view.y) * change };
    moved();
  }

  function pan(dx, dy) {
    view = { ...view, x: view.x + dx, y: view.y + dy };
    moved();
  }

  // Something of the map stays in sight.
  function kept() {
    const { left, right, top, bottom } = bounds();
    const within = (offset, low, high, length) =>
      Math.min(Math.max(offset, length * 0.3 - high * view.scale), length * 0.7 - low * view.scale);
    view.x = within(view.x, left, right, size.width);
    view.y = within(view.y, top, bottom, size.height);
  }

  function moved() {
    kept();
    point(-1);
    window.clearTimeout(moving);
    moving = window.setTimeout(() => {
      moving = 0;
      draw();
    }, 120);
    draw();
  }

  function draw() {
    if (!queued) queued = window.requestAnimationFrame(drawn);
  }

  function drawn() {
    queued = 0;
    if (!map || !size.width) return;
    context.clearRect(0, 0, size.width, size.height);
    const zoomed = view.scale / least;
    context.globalAlpha = Math.max(0, 0.5 - 0.06 * zoomed);
    if (context.globalAlpha > 0.02) {
      const side = SIDE * view.scale;
      context.drawImage(hazy(), view.x - side * 0.1, view.y - side * 0.1, side * 1.2, side * 1.2);
    }
    const crowded = Math.sqrt(12000 / Math.max(map.products, 500));
    const radius = Math.min(1.15 * Math.min(crowded, 1.9) * zoomed ** 0.55, 7);
    const every = moving ? Math.max(1, Math.ceil(map.products / MOST_WHILE_MOVING)) : 1;
    context.globalAlpha = 0.85;
    for (const [key, members] of map.groups) {
      const kind = Math.floor(key / SHADES);
      if (hidden.has(kind)) continue;
      context.fillStyle = colour(kind, key % SHADES);
      dots(context, members, view, radius, every);
    }
    context.globalAlpha = 1;
    names(zoomed);
    if (pointed >= 0) ring();
  }

  function dots(target, members, at, radius, every) {
    // Squares are drawn faster, and so small nobody sees that they are none.
    const small = radius < (map.products > 30000 ? 1.6 : 0.8);
    target.beginPath();
    for (let m = 0; m < members.length; m += every) {
      const i = members[m];
      const x = map.x[i] * at.scale + at.x;
      const y = map.y[i] * at.scale + at.y;
      if (x < -9 || y < -9 || x > size.width + 9 || y > size.height + 9) continue;
      if (small) target.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
      else {
        target.moveTo(x + radius, y);
        target.arc(x, y, radius, 0, 7);
      }
    }
    if (!small) target.fill();
  }

  // A glow below the points, drawn once for each theme and choice of categories.
  function hazy() {
    if (haze) return haze;
    const side = 720;
    const sharp = document.createElement("canvas");
    haze = document.createElement("canvas");
    sharp.width = sharp.height = haze.width = haze.height = side;
    const scale = side / 1.2 / SIDE;
    const pen = sharp.getContext("2d");
    for (const [key, members] of map.groups) {
      const kind = Math.floor(key / SHADES);
      if (hidden.has(kind)) continue;
      pen.fillStyle = colour(kind, key % SHADES);
      for (const i of members) {
        pen.fillRect(map.x[i] * scale + side / 12 - 2, map.y[i] * scale + side / 12 - 2, 4, 4);
      }
    }
    const soft = haze.getContext("2d");
    soft.filter = "blur(9px)";
    soft.drawImage(sharp, 0, 0);
    return haze;
  }

  // Names of crowds, the greatest first, each where it covers none of those before it.
  function names(zoomed) {
    const dark = isDark();
    const taken = [];
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    const greatest = map.crowds.length ? map.crowds[0].count : 1;
    for (const crowd of map.crowds) {
      const x = crowd.x * view.scale + view.x;
      const y = crowd.y * view.scale + view.y;
      if (x < 0 || y < 0 || x > size.width || y > size.height) continue;
      const height = 11 + 4 * Math.sqrt(crowd.count / greatest) + Math.min(zoomed / 8, 2);
      context.font = `600 ${height}px Inter, system-ui, sans-serif`;
      const width = context.measureText(crowd.name).width;
      const place = { l: x - width / 2 - 10, r: x + width / 2 + 10, t: y - 1.1 * height, b: y + 1.1 * height };
      if (place.l < 0 || place.r > size.width) continue;
      if (taken.some((o) => place.l < o.r && place.r > o.l && place.t < o.b && place.b > o.t)) continue;
      taken.push(place);
      context.lineWidth = 4;
      context.strokeStyle = dark ? "rgba(17, 24, 39, 0.85)" : "rgba(255, 255, 255, 0.9)";
      context.strokeText(crowd.name, x, y);
      context.fillStyle = dark ? "#f3f4f6" : "#1f2937";
      context.fillText(crowd.name, x, y);
    }
  }

  function ring() {
    context.beginPath();
    context.arc(map.x[pointed] * view.scale + view.x, map.y[pointed] * view.scale + view.y, 9, 0, 7);
    context.lineWidth = 2.5;
    context.strokeStyle = isDark() ? "#fff" : "#111827";
    context.stroke();
  }

  function nearest(x, y) {
    const place = placeAt(x, y);
    const reach = REACH / view.scale;
    const from = (p) => Math.max(0, Math.floor((p - reach) / 256));
    const to = (p) => Math.min(CELLS - 1, Math.floor((p + reach) / 256));
    let best = -1;
    let least_apart = reach * reach;
    for (let row = from(place.y); row <= to(place.y); row++) {
      for (let column = from(place.x); column <= to(place.x); column++) {
        const cell = row * CELLS + column;
        for (let m = map.starts[cell]; m < map.starts[cell + 1]; m++) {
          const i = map.members[m];
          const apart = (map.x[i] - place.x) ** 2 + (map.y[i] - place.y) ** 2;
          if (apart < least_apart && !hidden.has(map.kind[i])) [best, least_apart] = [i, apart];
        }
      }
    }
    return best;
  }

  function point(at) {
    if (at === pointed) return;
    pointed = at;
    canvas.classList.toggle("is-pointing", at >= 0);
    draw();
    if (at < 0) card.hidden = true;
    else told(map.ids[at]).then((product) => product && pointed === at && show(product));
  }

  function told(id) {
    if (!cards.has(id)) {
      const address = box.dataset.card.replace("/0/", `/${id}/`);
      const answer = fetch(address).then((found) => (found.ok ? found.json() : null));
      cards.set(id, answer.catch(() => null));
    }
    return cards.get(id);
  }

  function show(product) {
    const picture = card.querySelector("img");
    picture.hidden = !product.thumbnail;
    if (product.thumbnail) picture.src = product.thumbnail;
    card.querySelector(".map-card-title").textContent = product.title;
    const more = [product.category, product.price, product.shop, product.hidden];
    card.querySelector(".map-card-more").textContent = more.filter(Boolean).join(" · ");
    card.href = product.url;
    card.hidden = false;
    const x = map.x[pointed] * view.scale + view.x;
    const y = map.y[pointed] * view.scale + view.y;
    const { offsetWidth: width, offsetHeight: height } = card;
    const left = x + 16 + width > size.width ? x - 16 - width : x + 16;
    card.style.left = `${Math.max(8, Math.min(left, size.width - width - 8))}px`;
    card.style.top = `${Math.max(8, Math.min(y - height / 2, size.height - height - 8))}px`;
  }

  const open = (at) => told(map.ids[at]).then((product) => product && window.location.assign(product.url));

  const inside = (event) => {
    const shape = canvas.getBoundingClientRect();
    return { x: event.clientX - shape.left, y: event.clientY - shape.top };
  };

  function watchPointers() {
    const down = new Map();
    let dragged = 0;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      if (!down.size) dragged = 0;
      down.set(event.pointerId, inside(event));
    });
    canvas.addEventListener("pointermove", (event) => {
      const now = inside(event);
      const before = down.get(event.pointerId);
      if (!before) return point(nearest(now.x, now.y));
      dragged += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
      const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
      down.set(event.pointerId, now);
      if (other) {
        const span = (p) => Math.hypot(p.x - other.x, p.y - other.y);
        const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
        zoom(span(now) / Math.max(span(before), 1), middle.x, middle.y);
      } else if (dragged > 4) pan(now.x - before.x, now.y - before.y);
    });
    const up = (event) => {
      if (!down.delete(event.pointerId) || down.size || dragged > 4) return;
      if (event.type === "pointercancel") return;
      const at = inside(event);
      const found = nearest(at.x, at.y);
      // A finger can't hover: the first touch shows the card, which is a link.
      if (event.pointerType === "mouse" && found >= 0) open(found);
      else point(found);
    };
    canvas.addEventListener("pointerup", up);
    canvas.addEventListener("pointercancel", up);
    canvas.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse" && event.relatedTarget !== card && !card.contains(event.relatedTarget)) point(-1);
    });
    canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        const at = inside(event);
        zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0018)), at.x, at.y);
      },
      { passive: false },
    );
  }

  function watchKeys() {
    const step = 60;
    const does = {
      ArrowLeft: () => pan(step, 0),
      ArrowRight: () => pan(-step, 0),
      ArrowUp: () => pan(0, step),
      ArrowDown: () => pan(0, -step),
      "+": () => zoom(1.4),
      "=": () => zoom(1.4),
      "-": () => zoom(1 / 1.4),
      0: everything,
      Escape: () => point(-1),
    };
    canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || !does[event.key]) return;
      event.preventDefault();
      does[event.key]();
    });
    box.querySelector(".map-zoom").addEventListener("click", (event) => {
      const way = event.target.dataset.zoom;
      if (way === "all") everything();
      else if (way) zoom(way === "in" ? 1.6 : 1 / 1.6);
    });
    document.querySelector(".map-crowds")?.addEventListener("click", (event) => {
      const { x, y } = event.target.dataset;
      if (x === undefined) return;
      look(Number(x), Number(y), least * 6);
      canvas.focus();
      canvas.scrollIntoView({ block: "center" });
    });
  }

  function toggles() {
    legend.replaceChildren();
    map.kinds.forEach((kind, at) => {
      if (!kind.count) return;
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-pressed", String(!hidden.has(at)));
      const swatch = document.createElement("i");
      swatch.style.background = colour(at, (SHADES - 1) / 2);
      const count = document.createElement("small");
      count.textContent = kind.count.toLocaleString();
      button.append(swatch, kind.name || box.dataset.uncategorised, count);
      button.addEventListener("click", () => {
        if (!hidden.delete(at)) hidden.add(at);
        button.setAttribute("aria-pressed", String(!hidden.has(at)));
        haze = null;
        draw();
      });
      legend.append(button);
    });
  }

  function begin(buffer) {
    map = unpacked(buffer);
    if (map.products < map.of) {
      const numbers = { "{drawn}": map.products.toLocaleString(), "{all}": map.of.toLocaleString() };
      note.textContent = box.dataset.drawn.replace(/\{(drawn|all)\}/g, (name) => numbers[name]);
    }
    toggles();
    watchPointers();
    watchKeys();
    resize();
    new ResizeObserver(resize).observe(canvas);
    new MutationObserver(() => {
      haze = null;
      toggles();
      draw();
    }).observe(document.documentElement, { attributeFilter: ["class"] });
    box.dataset.ready = "yes";
  }

  fetch(box.dataset.map)
    .then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(new Error(answer.status))))
    .then(begin)
    .catch(() => {
      note.textContent = box.dataset.failed;
    });
})();

// Hands on the map: a mouse, fingers, a wheel, keys and buttons.

const STILL = 4; // pixels within which a press is a click and no drag
const STEP = 60; // pixels that an arrow key moves by

// does : {pan(dx, dy), zoom(by, x, y), hover(at), open(at), leave(to)}
export function watchPointers(canvas, does) {
  const down = new Map();
  let dragged = 0;
  const inside = (event) => {
    const shape = canvas.getBoundingClientRect();
    return { x: event.clientX - shape.left, y: event.clientY - shape.top };
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    if (!down.size) dragged = 0;
    down.set(event.pointerId, inside(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    const now = inside(event);
    const before = down.get(event.pointerId);
    if (!before) return does.hover(now);
    dragged += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    down.set(event.pointerId, now);
    if (other) pinch(before, now, other, does);
    else if (dragged > STILL) does.pan(now.x - before.x, now.y - before.y);
  });
  const up = (event) => {
    if (!down.delete(event.pointerId) || down.size || dragged > STILL) return;
    if (event.type === "pointercancel") return;
    // A finger can't hover: the first touch shows the card, which is a link.
    if (event.pointerType === "mouse") does.open(inside(event));
    else does.hover(inside(event));
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse") does.leave(event.relatedTarget);
  });
  const wheel = (event) => {
    event.preventDefault();
    const at = inside(event);
    does.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0018)), at.x, at.y);
  };
  canvas.addEventListener("wheel", wheel, { passive: false });
}

// One of two fingers has moved.
function pinch(before, now, other, does) {
  const span = (p) => Math.hypot(p.x - other.x, p.y - other.y);
  const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
  does.zoom(span(now) / Math.max(span(before), 1), middle.x, middle.y);
}

// does : as above, and {everything(), release()}
export function watchKeys(canvas, does) {
  const keys = {
    ArrowLeft: () => does.pan(STEP, 0),
    ArrowRight: () => does.pan(-STEP, 0),
    ArrowUp: () => does.pan(0, STEP),
    ArrowDown: () => does.pan(0, -STEP),
    "+": () => does.zoom(1.4),
    "=": () => does.zoom(1.4),
    "-": () => does.zoom(1 / 1.4),
    0: does.everything,
    Escape: does.release,
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
}

export function watchButtons(buttons, does) {
  buttons.addEventListener("click", (event) => {
    const way = event.target.dataset.zoom;
    if (way === "all") does.everything();
    else if (way) does.zoom(way === "in" ? 1.6 : 1 / 1.6);
  });
}

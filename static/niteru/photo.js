/* A photo that is dropped, pasted, chosen or taken, and the part of it that is searched for. */

"use strict";

const LONGEST_SIDE = 2000; // pixels that are sent: more would only take longer
const LARGE = 1.5e6; // bytes, from which on a picture is made smaller first
const LEAST = 0.04; // of the picture's side; a smaller box is a slip of the hand
const STEP = 0.02; // of the picture's side, for each press of an arrow key
const WHOLE = { x: 0, y: 0, w: 1, h: 1 };
const ARROWS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

const form = document.getElementById("photo-form");
const files = document.getElementById("photo-file");
const camera = document.getElementById("photo-camera");
const drop = document.getElementById("photo-drop");
const photo = document.getElementById("photo");
const crop = document.getElementById("photo-crop");
const preview = () => document.getElementById("photo-preview"); // which each answer replaces

// Phones' photos take seconds to send; formats that this browser can't read are sent as they are.
async function shrunk(file) {
  if (file.size < LARGE) return file;
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(scale * picture.width);
    canvas.height = Math.round(scale * picture.height);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
    return new File([blob], "photo.jpg", { type: "image/jpeg" });
  } catch {
    return file;
  }
}

async function searchFor(file) {
  const chosen = new DataTransfer();
  chosen.items.add(await shrunk(file));
  camera.value = "";
  files.files = chosen.files;
  setBox(null);
  form.requestSubmit();
}

for (const input of [files, camera]) {
  input.addEventListener("change", () => input.files.length && searchFor(input.files[0]));
}

document.addEventListener("paste", (event) => {
  const file = [...event.clipboardData.files].find((each) => each.type.startsWith("image/"));
  if (file) searchFor(file);
});

for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle("photo-over", name === "dragenter" || name === "dragover");
    if (name === "drop" && event.dataTransfer.files.length) searchFor(event.dataTransfer.files[0]);
  });
}

// Words alone are no question here: the first thing to do is to choose a picture.
form.addEventListener("htmx:confirm", (event) => {
  if (files.files.length) return;
  event.preventDefault();
  files.focus();
});

document.addEventListener("htmx:afterSettle", () => {
  photo.hidden = !preview().hasAttribute("src");
  setBox(box);
});

/* The box: {x, y, w, h} in shares of the picture, or null for all of it. */

let box = null;
let held = null; // what the pointer does: draws from a corner, or moves the box
let waiting = 0;

const frame = document.createElement("div");
frame.className = "photo-box";
frame.tabIndex = 0;
frame.setAttribute("role", "group");
frame.setAttribute("aria-label", photo.dataset.box);
for (const corner of ["nw", "ne", "sw", "se"]) {
  const handle = document.createElement("span");
  handle.className = `photo-handle photo-${corner}`;
  handle.dataset.corner = corner;
  frame.append(handle);
}
photo.append(frame);

const within = (value, least, most) => Math.min(Math.max(value, least), most);

function setBox(next) {
  box = next;
  const { x, y, w, h } = box ?? WHOLE;
  const { offsetLeft, offsetTop, offsetWidth, offsetHeight } = preview();
  Object.assign(frame.style, {
    left: `${offsetLeft + x * offsetWidth}px`,
    top: `${offsetTop + y * offsetHeight}px`,
    width: `${w * offsetWidth}px`,
    height: `${h * offsetHeight}px`,
  });
  frame.classList.toggle("photo-box-whole", box === null);
  crop.value = box ? [x, y, w, h].map((value) => value.toFixed(4)).join(",") : "";
}

function searchSoon(milliseconds) {
  clearTimeout(waiting);
  waiting = setTimeout(() => form.requestSubmit(), milliseconds);
}

function place(event) {
  const edges = preview().getBoundingClientRect();
  return {
    x: within((event.clientX - edges.left) / edges.width, 0, 1),
    y: within((event.clientY - edges.top) / edges.height, 0, 1),
  };
}

function between(one, other) {
  return {
    x: Math.min(one.x, other.x),
    y: Math.min(one.y, other.y),
    w: Math.abs(one.x - other.x),
    h: Math.abs(one.y - other.y),
  };
}

function across(corner, { x, y, w, h }) {
  return { x: corner.endsWith("w") ? x + w : x, y: corner.startsWith("n") ? y + h : y };
}

photo.addEventListener("pointerdown", (event) => {
  const corner = event.target.dataset.corner;
  if (corner) {
    held = { from: across(corner, box ?? WHOLE) };
  } else if (event.target === frame && box) {
    held = { from: place(event), box };
  } else if (event.target === frame || event.target === preview()) {
    held = { from: place(event) };
  } else {
    return;
  }
  photo.setPointerCapture(event.pointerId);
  event.preventDefault();
});

photo.addEventListener("pointermove", (event) => {
  if (!held) return;
  const at = place(event);
  if (!held.box) return setBox(between(held.from, at));
  const x = within(held.box.x + at.x - held.from.x, 0, 1 - held.box.w);
  const y = within(held.box.y + at.y - held.from.y, 0, 1 - held.box.h);
  setBox({ ...held.box, x, y });
});

for (const name of ["pointerup", "pointercancel"]) {
  photo.addEventListener(name, () => {
    if (!held) return;
    held = null;
    if (box && (box.w < LEAST || box.h < LEAST)) setBox(null);
    searchSoon(0);
  });
}

frame.addEventListener("keydown", (event) => {
  const [right, down] = ARROWS[event.key] ?? [0, 0];
  if (event.key !== "Escape" && !right && !down) return;
  event.preventDefault();
  const next = { ...(box ?? WHOLE) };
  if (event.shiftKey) {
    next.w = within(next.w + right * STEP, LEAST, 1 - next.x);
    next.h = within(next.h + down * STEP, LEAST, 1 - next.y);
  } else {
    next.x = within(next.x + right * STEP, 0, 1 - next.w);
    next.y = within(next.y + down * STEP, 0, 1 - next.h);
  }
  setBox(event.key === "Escape" ? null : next);
  searchSoon(400);
});

// Chosen before this script was there.
if (files.files.length) searchFor(files.files[0]);

// Where the window gets another width, the box goes with the picture.
new ResizeObserver(() => setBox(box)).observe(photo);

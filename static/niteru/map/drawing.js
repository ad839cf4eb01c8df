// Points, their glow and the names of crowds on a canvas.

import { SHADES, SIDE } from "./points.js";

const HUES = [255, 35, 150, 330, 85, 200, 300, 15, 120, 60, 230, 280];
// Drawn in between while the map moves, so that it keeps up with the hand.
const MOST_WHILE_MOVING = 40000;

const isDark = () => document.documentElement.classList.contains("dark");

export class Drawing {
  // hidden : kinds that are taken off the map.
  constructor(canvas, map, view, hidden) {
    Object.assign(this, { canvas, map, view, hidden, haze: null });
    this.context = canvas.getContext("2d");
  }

  // As many pixels as the canvas has on this screen.
  resize() {
    const ratio = window.devicePixelRatio || 1;
    const shape = this.canvas.getBoundingClientRect();
    this.canvas.width = Math.round(shape.width * ratio);
    this.canvas.height = Math.round(shape.height * ratio);
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return shape;
  }

  // Colours or what is shown have changed.
  forget() {
    this.haze = null;
  }

  colour(kind, shade = (SHADES - 1) / 2) {
    const dark = isDark();
    const middle = (SHADES - 1) / 2;
    const light = (dark ? 0.76 : 0.6) + 0.045 * (shade - middle) * (dark ? 1 : -1);
    if (kind >= this.map.kinds.length - 1) return `oklch(${light} 0.015 260)`;
    const round = Math.floor(kind / HUES.length);
    const hue = HUES[kind % HUES.length] + 9 * (shade - middle) + 12 * round;
    return `oklch(${light} ${dark ? 0.13 : 0.16} ${hue})`;
  }

  // pointed : number of a product, or -1. moving : whether less will do.
  draw(pointed, moving) {
    const { context, map, view } = this;
    if (!view.width) return;
    context.clearRect(0, 0, view.width, view.height);
    context.globalAlpha = Math.max(0, 0.5 - 0.06 * view.zoomed);
    if (context.globalAlpha > 0.02) this.glow();
    const crowded = Math.sqrt(12000 / Math.max(map.products, 500));
    const radius = Math.min(1.15 * Math.min(crowded, 1.9) * view.zoomed ** 0.55, 7);
    const every = moving ? Math.max(1, Math.ceil(map.products / MOST_WHILE_MOVING)) : 1;
    context.globalAlpha = 0.85;
    for (const [colour, members] of this.shown()) {
      context.fillStyle = colour;
      this.dots(members, radius, every);
    }
    context.globalAlpha = 1;
    this.names();
    if (pointed >= 0) this.ring(pointed);
  }

  // Colours, each with its points.
  *shown() {
    for (const [key, members] of this.map.groups) {
      const kind = Math.floor(key / SHADES);
      if (!this.hidden.has(kind)) yield [this.colour(kind, key % SHADES), members];
    }
  }

  dots(members, radius, every) {
    const { context, map, view } = this;
    // Squares are drawn faster, and so small nobody sees that they are none.
    const small = radius < (map.products > 30000 ? 1.6 : 0.8);
    context.beginPath();
    for (let m = 0; m < members.length; m += every) {
      const i = members[m];
      const x = map.x[i] * view.scale + view.x;
      const y = map.y[i] * view.scale + view.y;
      if (x < -9 || y < -9 || x > view.width + 9 || y > view.height + 9) continue;
      if (small) context.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
      else {
        context.moveTo(x + radius, y);
        context.arc(x, y, radius, 0, 7);
      }
    }
    if (!small) context.fill();
  }

  glow() {
    const side = SIDE * this.view.scale;
    const [x, y] = [this.view.x - side * 0.1, this.view.y - side * 0.1];
    this.haze ||= this.hazy();
    this.context.drawImage(this.haze, x, y, side * 1.2, side * 1.2);
  }

  // What glows below the points, drawn once for each theme and choice of categories.
  hazy() {
    const side = 720;
    const [sharp, soft] = [0, 1].map(() => document.createElement("canvas"));
    sharp.width = sharp.height = soft.width = soft.height = side;
    const scale = side / 1.2 / SIDE;
    const pen = sharp.getContext("2d");
    const { x, y } = this.map;
    for (const [colour, members] of this.shown()) {
      pen.fillStyle = colour;
      for (const i of members) {
        pen.fillRect(x[i] * scale + side / 12 - 2, y[i] * scale + side / 12 - 2, 4, 4);
      }
    }
    const brush = soft.getContext("2d");
    brush.filter = "blur(9px)";
    brush.drawImage(sharp, 0, 0);
    return soft;
  }

  // Names of crowds, the greatest first, each where it covers none of those before it.
  names() {
    const { context, map, view } = this;
    const taken = [];
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    const greatest = map.crowds.length ? map.crowds[0].count : 1;
    for (const crowd of map.crowds) {
      const { x, y } = view.at(crowd.x, crowd.y);
      if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
      const height = 11 + 4 * Math.sqrt(crowd.count / greatest) + Math.min(view.zoomed / 8, 2);
      context.font = `600 ${height}px Inter, system-ui, sans-serif`;
      const half = context.measureText(crowd.name).width / 2 + 10;
      const place = { l: x - half, r: x + half, t: y - 1.1 * height, b: y + 1.1 * height };
      if (place.l < 0 || place.r > view.width) continue;
      if (taken.some((o) => place.l < o.r && place.r > o.l && place.t < o.b && place.b > o.t)) continue;
      taken.push(place);
      this.write(crowd.name, x, y);
    }
  }

  write(name, x, y) {
    const { context } = this;
    const dark = isDark();
    context.lineWidth = 4;
    context.strokeStyle = dark ? "rgba(17, 24, 39, 0.85)" : "rgba(255, 255, 255, 0.9)";
    context.strokeText(name, x, y);
    context.fillStyle = dark ? "#f3f4f6" : "#1f2937";
    context.fillText(name, x, y);
  }

  ring(pointed) {
    const { context, map, view } = this;
    const { x, y } = view.at(map.x[pointed], map.y[pointed]);
    context.beginPath();
    context.arc(x, y, 9, 0, 7);
    context.lineWidth = 2.5;
    context.strokeStyle = isDark() ? "#fff" : "#111827";
    context.stroke();
  }
}

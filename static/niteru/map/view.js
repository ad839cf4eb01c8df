// Which part of the map is looked at: a place p is drawn at p * scale + (x, y).

const MARGIN = 24; // pixels about everything
const MOST_ZOOM = 60;

export class View {
  // bounds : of all places.
  constructor(bounds) {
    Object.assign(this, { bounds, x: 0, y: 0, scale: 1, least: 1, width: 0, height: 0 });
  }

  get zoomed() {
    return this.scale / this.least;
  }

  at(x, y) {
    return { x: x * this.scale + this.x, y: y * this.scale + this.y };
  }

  placeAt(x, y) {
    return { x: (x - this.x) / this.scale, y: (y - this.y) / this.scale };
  }

  // What was in the middle stays there; the first time everything is shown.
  resize(width, height) {
    const centre = this.width ? this.placeAt(this.width / 2, this.height / 2) : null;
    const zoomed = this.zoomed;
    Object.assign(this, { width, height });
    if (!centre) return this.everything();
    this.least = this.fitting();
    this.look(centre.x, centre.y, this.least * zoomed);
  }

  fitting() {
    const { left, right, top, bottom } = this.bounds;
    const across = (this.width - 2 * MARGIN) / Math.max(right - left, 1);
    const down = (this.height - 2 * MARGIN) / Math.max(bottom - top, 1);
    return Math.max(Math.min(across, down), 1e-4);
  }

  everything() {
    const { left, right, top, bottom } = this.bounds;
    this.least = this.fitting();
    this.look((left + right) / 2, (top + bottom) / 2, this.least);
  }

  // Put a place in the middle.
  look(x, y, scale) {
    this.put(this.width / 2 - x * scale, this.height / 2 - y * scale, scale);
  }

  zoom(by, x = this.width / 2, y = this.height / 2) {
    const scale = Math.min(Math.max(this.scale * by, this.least), this.least * MOST_ZOOM);
    const change = scale / this.scale;
    this.put(x - (x - this.x) * change, y - (y - this.y) * change, scale);
  }

  pan(dx, dy) {
    this.put(this.x + dx, this.y + dy, this.scale);
  }

  // Something of the map stays in sight.
  put(x, y, scale) {
    const { left, right, top, bottom } = this.bounds;
    const within = (offset, low, high, length) =>
      Math.min(Math.max(offset, length * 0.3 - high * scale), length * 0.7 - low * scale);
    this.scale = scale;
    this.x = within(x, left, right, this.width);
    this.y = within(y, top, bottom, this.height);
  }
}

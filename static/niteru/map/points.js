// Products of the map as the server packs them, and which of them is nearest to a place.

export const SIDE = 65535; // of the square in which places are given
export const SHADES = 5;
const CELLS = 256; // of the grid by which points are found, a side

// A uint32 with the length of the JSON behind it, then columns of numbers: see search/maps/sight.py.
export function unpacked(buffer) {
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
  const groups = grouped(kind, shade);
  return { ...head, ids, x, y, kind, shade, groups, ...grid(x, y), bounds: measured(x, y) };
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

function measured(x, y) {
  const found = { left: SIDE, right: 0, top: SIDE, bottom: 0 };
  for (let i = 0; i < x.length; i++) {
    found.left = Math.min(found.left, x[i]);
    found.right = Math.max(found.right, x[i]);
    found.top = Math.min(found.top, y[i]);
    found.bottom = Math.max(found.bottom, y[i]);
  }
  return found;
}

// The point nearest to a place and less than `reach` from it, -1 for none; hidden : kinds.
export function nearest(map, place, reach, hidden) {
  const from = (p) => Math.max(0, Math.floor((p - reach) / 256));
  const to = (p) => Math.min(CELLS - 1, Math.floor((p + reach) / 256));
  let best = -1;
  let least = reach * reach;
  for (let row = from(place.y); row <= to(place.y); row++) {
    for (let column = from(place.x); column <= to(place.x); column++) {
      const cell = row * CELLS + column;
      for (let m = map.starts[cell]; m < map.starts[cell + 1]; m++) {
        const i = map.members[m];
        const apart = (map.x[i] - place.x) ** 2 + (map.y[i] - place.y) ** 2;
        if (apart < least && !hidden.has(map.kind[i])) [best, least] = [i, apart];
      }
    }
  }
  return best;
}

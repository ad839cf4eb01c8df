/* What pages do beyond links and forms. Without it all of them still work. */

"use strict";

// A slider says in words what its position means.
document.addEventListener("input", (event) => {
  const slider = event.target;
  if (!slider.dataset.told) return;
  const percent = Math.round((100 * slider.value) / slider.max);
  slider.setAttribute("aria-valuetext", slider.dataset.told.replace("PERCENT", percent));
});

// What is suggested below the search field is walked by arrow keys and closed by Escape.
const search = document.getElementById("search");
const suggestions = document.getElementById("suggestions");

search.form.addEventListener("keydown", (event) => {
  const stops = [search, ...suggestions.querySelectorAll("a")];
  const at = stops.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") {
    suggestions.replaceChildren();
    search.focus();
  } else if (step && at >= 0 && stops.length > 1) {
    event.preventDefault();
    stops[(at + step + stops.length) % stops.length].focus();
  }
});

search.form.addEventListener("focusout", (event) => {
  if (!search.form.contains(event.relatedTarget)) suggestions.replaceChildren();
});

// What is seen and clicked in lists of recommendations teaches them; nobody is named.
const seen = new Set();
let told = [];
let telling = 0;

// Where cookies are refused, a name for as long as the page is open.
const own = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16));

function visitor() {
  return document.cookie.match(/(?:^|; )visitor=([^;]+)/)?.[1] ?? own.join("");
}

function tell() {
  clearTimeout(telling);
  telling = 0;
  if (!told.length) return;
  const events = told.splice(0, 100);
  fetch("/api/v1/events/", {
    method: "POST",
    keepalive: true,
    headers: { "Content-Type": "application/json", "X-Visitor": visitor() },
    body: JSON.stringify(events),
  }).catch(() => {}); // a report that is lost is no loss to the visitor
}

function note(card, type) {
  const list = card.closest("[data-list]").dataset.list;
  const event = { recommendation_id: list, product: Number(card.dataset.product), type };
  const name = `${type} ${event.product} ${list}`;
  if (seen.has(name)) return;
  seen.add(name);
  told.push(event);
  telling ||= setTimeout(tell, 1000);
}

const watcher = new IntersectionObserver(
  (entries) => entries.forEach((entry) => entry.isIntersecting && note(entry.target, "view")),
  { threshold: 0.5 },
);

function watch() {
  document.querySelectorAll("[data-list] [data-product]").forEach((card) => watcher.observe(card));
}

if ("reports" in document.body.dataset) {
  watch();
  document.addEventListener("htmx:afterSettle", watch);
  document.addEventListener("click", (event) => {
    const card = event.target.closest("[data-list] [data-product]");
    if (card && event.target.closest("a")) note(card, "click");
  });
  addEventListener("pagehide", tell);
}

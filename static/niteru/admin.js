// Uploads in pieces, so that a large file needs little memory, shows how far it is, and goes on
// where it stopped. Without scripts the same form sends the file whole.

const TRIES = 5; // of a piece, when the network fails

for (const form of document.querySelectorAll("[data-upload]")) {
  const file = form.elements.file;
  file.hasChangeListener = true; // unfold would look for the text field of its own file widget
  const drop = form.querySelector("[data-drop]");
  const chosen = form.querySelector("[data-chosen]");
  file.addEventListener("change", () => {
    chosen.textContent = file.files[0]?.name ?? "";
  });
  for (const name of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("niteru-over", name === "dragover");
    });
  }
  drop.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    file.files = event.dataTransfer.files;
    file.dispatchEvent(new Event("change"));
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.hasAttribute("data-leaves") || !file.files.length) return;
    event.preventDefault();
    upload(form, file.files[0]);
  });
}

async function upload(form, file) {
  const button = form.querySelector("button");
  button.disabled = true;
  told(form, []);
  try {
    const { page, pieces, received } = form.dataset.pieces
      ? resumed(form, file)
      : await begun(form, file);
    await sent(form, file, pieces, received);
    location.assign(page);
  } catch (error) {
    told(form, error.messages ?? [error.message]);
    button.disabled = false;
  }
}

async function begun(form, file) {
  const facts = new FormData(form);
  facts.delete("file");
  facts.set("name", file.name);
  facts.set("size", file.size);
  const answer = await fetch(location.pathname, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: facts,
  });
  const said = await answer.json();
  if (said.errors) throw refused(said);
  return said;
}

function resumed(form, file) {
  const { name, size, received, pieces, page } = form.dataset;
  if (file.name !== name || file.size !== Number(size)) {
    throw new Error(`${name}, ${size} bytes ≠ ${file.name}, ${file.size} bytes`);
  }
  return { page, pieces, received: Number(received) };
}

async function sent(form, file, pieces, received) {
  const bar = form.querySelector("[data-progress]");
  bar.hidden = false;
  let failed = 0;
  while (received < file.size) {
    bar.value = received / file.size;
    const piece = file.slice(received, received + Number(form.dataset.piece));
    try {
      const answer = await fetch(`${pieces}?at=${received}`, {
        method: "POST",
        headers: {
          "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
          "Content-Type": "application/octet-stream",
        },
        body: piece,
      });
      const said = await answer.json();
      if (!answer.ok && answer.status !== 409) throw refused(said);
      if (said.received <= received) throw new Error(`${said.received} ≠ ${received}`);
      received = said.received;
      failed = 0;
    } catch (error) {
      failed += 1;
      if (error.messages || failed >= TRIES) throw error;
      await new Promise((ready) => setTimeout(ready, 1000 * failed));
    }
  }
  bar.value = 1;
}

function refused(said) {
  const error = new Error("refused");
  error.messages = Object.values(said.errors ?? {}).flat();
  return error;
}

function told(form, messages) {
  form.querySelector("[data-errors]").replaceChildren(
    ...messages.map((message) => {
      const line = document.createElement("p");
      line.textContent = message;
      return line;
    }),
  );
}

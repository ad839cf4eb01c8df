// The card beside a product that is pointed at.

export class Card {
  // address : of what it shows, with /0/ where the product's number belongs.
  constructor(element, address) {
    Object.assign(this, { element, address, answers: new Map() });
  }

  // What is told of a product, asked for once; null where it can't be had.
  told(id) {
    if (!this.answers.has(id)) {
      const answer = fetch(this.address.replace("/0/", `/${id}/`));
      const product = answer.then((found) => (found.ok ? found.json() : null));
      this.answers.set(id, product.catch(() => null));
    }
    return this.answers.get(id);
  }

  hide() {
    this.element.hidden = true;
  }

  // at : the product's place on a canvas of this width and height.
  show(product, at, { width, height }) {
    const card = this.element;
    const picture = card.querySelector("img");
    picture.hidden = !product.thumbnail;
    if (product.thumbnail) picture.src = product.thumbnail;
    card.querySelector(".map-card-title").textContent = product.title;
    const more = [product.category, product.price, product.shop, product.hidden];
    card.querySelector(".map-card-more").textContent = more.filter(Boolean).join(" · ");
    card.href = product.url;
    card.hidden = false;
    const { offsetWidth, offsetHeight } = card;
    const left = at.x + 16 + offsetWidth > width ? at.x - 16 - offsetWidth : at.x + 16;
    card.style.left = `${Math.max(8, Math.min(left, width - offsetWidth - 8))}px`;
    card.style.top = `${Math.max(8, Math.min(at.y - offsetHeight / 2, height - offsetHeight - 8))}px`;
  }
}

// SPDX-License-Identifier: Apache-2.0
"use strict";

// An element with text: what objects say goes through textContent only, so that it stays text.
function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

// A list of which only what is in sight is in the document: ten thousand cards scroll as ten do.
// An item has `key`, `height` and `draw()`, which gives its element.
class Column {
  constructor(section, onScroll) {
    this.title = section.querySelector("h2");
    this.scroll = section.querySelector(".scroll");
    this.spacer = make("div");
    this.items = [];
    this.tops = [];
    this.drawn = new Map();
    this.scroll.addEventListener("scroll", () => { this.draw(); onScroll(); }, { passive: true });
  }

  show(name, items) {
    this.title.replaceChildren(make("b", "", name), ` ${items.length}`);
    this.items = items;
    this.tops = [];
    let top = 2;
    for (const item of items) {
      this.tops.push(top);
      top += item.height + 10;
    }
    this.spacer.style.height = `${top + 10}px`;
    this.drawn.clear();
    this.scroll.replaceChildren(this.spacer);
    if (items.length === 0) this.scroll.append(make("p", "none", "none"));
    this.places = new Map(items.map((item, place) => [item.key, place]));
    this.draw();
  }

  // The first item that ends below `y`.
  firstBelow(y) {
    let low = 0, high = this.items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.tops[middle] + this.items[middle].height < y) low = middle + 1; else high = middle;
    }
    return low;
  }

  draw() {
    const top = this.scroll.scrollTop, bottom = top + this.scroll.clientHeight;
    const first = Math.max(0, this.firstBelow(top) - 3);
    let end = first;
    while (end < this.items.length && this.tops[end] < bottom + 200) ++end;
    for (const [place, cell] of this.drawn) {
      if (place >= first && place < end) continue;
      cell.remove();
      this.drawn.delete(place);
    }
    for (let place = first; place < end; ++place) {
      if (this.drawn.has(place)) continue;
      const cell = make("div", "cell");
      cell.setAttribute("role", "listitem");
      cell.setAttribute("aria-posinset", place + 1);
      cell.setAttribute("aria-setsize", this.items.length);
      cell.style.top = `${this.tops[place]}px`;
      cell.style.height = `${this.items[place].height}px`;
      cell.append(this.items[place].draw());
      this.drawn.set(place, cell);
      this.scroll.append(cell);
    }
  }

  redraw() {
    for (const [place, cell] of this.drawn) cell.replaceChildren(this.items[place].draw());
  }

  // Where an item is in sight, from the top of the column's scrolled part; null if it is in none.
  top(key) {
    const place = this.places.get(key);
    return place === undefined ? null : this.tops[place] - this.scroll.scrollTop;
  }

  reveal(key) {
    const place = this.places.get(key);
    if (place === undefined) return;
    const top = this.tops[place], height = this.items[place].height, view = this.scroll.clientHeight;
    const inSight = top >= this.scroll.scrollTop && top + Math.min(height, view) <= this.scroll.scrollTop + view;
    if (!inSight) this.scroll.scrollTop = top - view / 4;
    this.draw();
  }

  focus(key) {
    this.reveal(key);
    this.drawn.get(this.places.get(key))?.querySelector("button")?.focus({ preventScroll: true });
  }
}

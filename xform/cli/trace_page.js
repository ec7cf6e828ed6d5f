"use strict";
// What shows one fact lights up together: everything whose data-f names it, in all panes.
const main = document.querySelector("main");
const told = document.querySelector("[role=status]");
const facts = JSON.parse(told.dataset.facts);
const panes = [...main.querySelectorAll("[role=listbox]")].map((box) => ({
  box,
  options: [...box.querySelectorAll("[role=option]")],
}));
const lines = [...main.querySelectorAll(".line")];
const showing = facts.map(() => []);
const nothing = told.textContent;
let lit = [];
let pinned = null;

const factsOf = (item) => item.dataset.f.split(" ").map(Number);
for (const item of main.querySelectorAll("[data-f]")) for (const fact of factsOf(item)) showing[fact].push(item);
for (const { options } of panes)
  options.forEach((option, at) => {
    option.ariaSelected = "false";
    option.tabIndex = at ? -1 : 0; // one stop of the tab key in each pane
  });

function light(item) {
  for (const one of lit) one.classList.remove("lit");
  lit = item ? [...new Set(factsOf(item).flatMap((fact) => showing[fact]))] : [];
  for (const one of lit) one.classList.add("lit");
  told.textContent = item ? sentence(item) : nothing;
  for (const pane of panes) {
    const beside = !pane.box.contains(item) && lit.find((one) => pane.box.contains(one) && one.role === "option");
    if (beside) {
      stopAt(pane, beside); // the tab key goes to what is lit
      reveal(pane.box, beside);
    }
  }
}

function sentence(item) {
  const rows = lit.filter((one) => one.matches(".row"));
  const numbers = lit.filter((one) => one.closest(".line")).map((one) => lines.indexOf(one.closest(".line")) + 1);
  const parts = [
    some(factsOf(item).map((fact) => facts[fact])),
    ...rows.map((row) => row.dataset.place),
    some([...new Set(numbers)], numbers.every((number) => number === numbers[0]) ? "line " : "lines "),
  ];
  return parts.filter(Boolean).join(" · ");
}

function some(all, word = "") {
  const more = all.length > 6 ? ` and ${all.length - 6} more` : "";
  return all.length ? word + all.slice(0, 6).join(", ") + more : "";
}

function stopAt(pane, option) {
  for (const one of pane.box.querySelectorAll("[tabindex='0']")) one.tabIndex = -1;
  option.tabIndex = 0;
}

function reveal(box, item) {
  const [outer, inner] = [box.getBoundingClientRect(), item.getBoundingClientRect()];
  if (inner.top < outer.top || inner.bottom > outer.bottom)
    box.scrollTop += inner.top - outer.top - (outer.height - inner.height) / 2;
}

function pin(item) {
  if (pinned) pinned.ariaSelected = pinned.role ? "false" : null;
  pinned?.classList.remove("pinned");
  pinned = item === pinned ? null : item;
  pinned?.classList.add("pinned");
  if (pinned?.role) pinned.ariaSelected = "true";
  light(item);
}

const itemAt = (event) => event.target.closest?.("[data-f]");
main.addEventListener("pointerover", (event) => {
  if (!pinned && itemAt(event)) light(itemAt(event));
});
main.addEventListener("focusin", (event) => {
  const pane = panes.find(({ box }) => box.contains(event.target));
  if (!pane || event.target.role !== "option") return;
  stopAt(pane, event.target);
  if (!pinned) light(event.target);
});
main.addEventListener("click", (event) => {
  if (itemAt(event)) pin(itemAt(event));
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    if (pinned) pin(pinned);
    light(null);
  }
  const pane = panes.find(({ options }) => options.includes(event.target));
  if (!pane || event.altKey || event.ctrlKey || event.metaKey) return;
  const { options } = pane;
  const at = options.indexOf(event.target);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: options.length - 1 }[event.key];
  if (to !== undefined) options[to]?.focus();
  else if (event.key === "Enter" || event.key === " ") pin(event.target);
  else return;
  event.preventDefault();
});

(function () {
"use strict";
function sorted(body, place, number, down) {
  return Array.from(body.rows).sort(function (a, b) {
    var x = a.cells[place].dataset.value, y = b.cells[place].dataset.value;
    if (x === "" || y === "") return (x === "") - (y === "");
    var order = number ? Number(x) - Number(y) : x.localeCompare(y, undefined, { numeric: true });
    return down ? -order : order;
  });
}
document.querySelectorAll("th button").forEach(function (button) {
  button.addEventListener("click", function () {
    var head = button.parentElement, table = head.closest("table"), body = table.tBodies[0];
    var number = head.className === "number", before = head.getAttribute("aria-sort");
    var down = before === null ? number : before === "ascending";
    table.querySelectorAll("th").forEach(function (one) { one.removeAttribute("aria-sort"); });
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    sorted(body, head.cellIndex, number, down).forEach(function (row) { body.appendChild(row); });
  });
});
window.addEventListener("beforeprint", function () {
  document.querySelectorAll("details").forEach(function (one) { one.open = true; });
});
if (document.documentElement.dataset.refresh) {
  setTimeout(function () { location.reload(); }, 1000 * document.documentElement.dataset.refresh);
}
})();

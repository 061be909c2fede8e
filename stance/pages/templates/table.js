document.querySelectorAll("table.sortable").forEach(function (table) {
  table.querySelectorAll("th").forEach(function (head, column) {
    head.tabIndex = 0;
    function sort() {
      var down = head.getAttribute("aria-sort") === "ascending";
      var body = table.tBodies[0];
      function key(row) {
        var cell = row.cells[column];
        var text = cell.dataset.sort === undefined ? cell.textContent.trim() : cell.dataset.sort;
        return text !== "" && !isNaN(text) ? Number(text) : text.toLowerCase();
      }
      Array.from(body.rows).sort(function (a, b) {
        var x = key(a), y = key(b);
        return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
      }).forEach(function (row) { body.appendChild(row); });
      table.querySelectorAll("th").forEach(function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
    }
    head.addEventListener("click", sort);
    head.addEventListener("keydown", function (event) { if (event.key === "Enter") sort(); });
  });
});

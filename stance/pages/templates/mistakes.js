(function () {
  var source = document.getElementById("mistakes-data");
  if (!source) return;
  var data = JSON.parse(source.textContent), size = 50;
  var field = {};
  data.fields.forEach(function (name, place) { field[name] = place; });
  var table = document.getElementById("mistakes"), body = table.tBodies[0], heads = Array.from(table.tHead.rows[0].cells);
  var find = document.getElementById("find"), told = document.getElementById("told");
  var back = document.getElementById("back"), on = document.getElementById("on");
  var comparing = heads.some(function (head) { return head.dataset.field === "change"; });
  var chosen = data.rows, first = 0, haystacks = null;
  var words = new Intl.Collator(undefined, { numeric: true });

  function answer(row) { return row[field.gold] + " → " + row[field.said]; }
  function value(row, name) {
    return name === "text" ? data.texts[row[field.text]].join("").trim() : row[field[name]];
  }
  // What is searched in is put together once, when somebody searches.
  function haystack(row, number) {
    if (!haystacks) {
      haystacks = data.rows.map(function (each) {
        return heads.map(function (head) { return value(each, head.dataset.field); }).join("\n").toLowerCase();
      });
    }
    return haystacks[number];
  }

  function add(parent, tag, text, name) {
    var made = document.createElement(tag);
    if (text) made.textContent = text;
    if (name) made.className = name;
    parent.appendChild(made);
    return made;
  }
  function fill(cell, row, name) {
    if (name === "text") {
      var parts = data.texts[row[field.text]];
      cell.dir = "auto";
      cell.append(parts[0]);
      if (parts[1]) add(cell, "mark", parts[1]);
      cell.append(parts[2]);
    } else if (name === "gold" || name === "said" || name === "before") {
      add(cell, "span", row[field[name]], "chip " + row[field[name]]);
      if (name === "said" && row[field.withheld]) add(cell, "small", "withheld");
    } else if (name === "sure") {
      cell.textContent = row[field.sure] === null ? "–" : row[field.sure].toFixed(3);
    } else {
      cell.textContent = row[field[name]];
      if (name === "change") cell.className = "change";
    }
  }
  function show() {
    var last = Math.min(first + size, chosen.length);
    body.replaceChildren.apply(body, chosen.slice(first, last).map(function (row) {
      var line = document.createElement("tr");
      line.setAttribute("role", "row");
      heads.forEach(function (head) {
        var cell = add(line, "td");
        cell.setAttribute("role", "cell");
        cell.dataset.label = head.textContent;
        cell.dataset.field = head.dataset.field;
        fill(cell, row, head.dataset.field);
      });
      return line;
    }));
    told.textContent = chosen.length ? "Rows " + (first + 1) + " to " + last + " of " + chosen.length : "No such row";
    back.disabled = first === 0;
    on.disabled = last === chosen.length;
  }

  var limits = [
    { select: document.getElementById("only-lang"), of: function (row) { return row[field.lang]; } },
    { select: document.getElementById("only-kind"), of: comparing ? function (row) { return row[field.change]; } : answer },
  ];
  function choose() {
    var needle = find.value.trim().toLowerCase();
    chosen = data.rows.filter(function (row, number) {
      return limits.every(function (limit) { return limit.select.value === "" || limit.of(row) === limit.select.options[limit.select.selectedIndex].dataset.word; }) &&
        (needle === "" || haystack(row, number).includes(needle));
    });
    sort();
  }

  var sorted = null;
  function sort() {
    if (sorted) {
      var name = sorted.dataset.field, down = sorted.getAttribute("aria-sort") === "descending" ? -1 : 1;
      chosen = chosen.slice().sort(function (one, other) {
        var x = value(one, name), y = value(other, name);
        if (x === null || y === null) return (x === null) - (y === null);
        return (typeof x === "number" ? x - y : words.compare(x, y)) * down;
      });
    }
    first = 0;
    show();
  }
  heads.forEach(function (head) {
    head.querySelector("button").addEventListener("click", function () {
      var next = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
      heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", next);
      sorted = head;
      sort();
    });
  });
  limits.forEach(function (limit) {
    var counts = new Map();
    data.rows.forEach(function (row) { counts.set(limit.of(row), (counts.get(limit.of(row)) || 0) + 1); });
    Array.from(counts.keys()).sort(words.compare).forEach(function (word, number) {
      var option = add(limit.select, "option", (word || "not given") + " (" + counts.get(word) + ")");
      option.value = String(number);
      option.dataset.word = word;
    });
    limit.select.addEventListener("change", choose);
  });
  find.addEventListener("input", choose);
  function turn(step) { first += step * size; show(); table.scrollIntoView({ block: "start" }); }
  back.addEventListener("click", function () { turn(-1); });
  on.addEventListener("click", function () { turn(1); });
  document.getElementById("looking").hidden = false;
  show();
})();

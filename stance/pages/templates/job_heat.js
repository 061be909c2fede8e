// The heat map: all actors and positions, searched, sorted by a column, shown in parts. choose(actor, position) is told.
function heatMap(data, choose) {
  var table = document.getElementById("heat"), told = document.getElementById("heat-told");
  var findActor = document.getElementById("find-actor"), findPosition = document.getElementById("find-position");
  var moreActors = document.getElementById("more-actors"), morePositions = document.getElementById("more-positions");
  var cells = data.cells, width = data.positions.length, at = new Map();
  var rows = 20, columns = 8, sorted = null, taken = { actor: null, position: null };
  cells.actor.forEach(function (actor, place) { at.set(actor * width + cells.position[place], place); });

  function cellAt(actor, position) { return at.get(actor * width + position); }
  function shade(depth) {
    return depth === null ? "sideless" : depth > 0 ? "for" + depth : depth < 0 ? "opp" + -depth : "open";
  }
  function words(place) {
    var counts = cells.favor[place] + " favor, " + cells.against[place] + " against, " + cells.neutral[place] + " neutral, " +
      cells.withheld[place] + " withheld";
    if (cells.value[place] === null) return counts + "; no side given";
    return counts + "; mean side " + signed(cells.value[place]) + ", 95 % interval " + signed(cells.low[place]) + " to " +
      signed(cells.high[place]) + ", from " + plural(cells.articles[place], "article");
  }
  function matching(names, field) {
    var needle = field.value.trim().toLowerCase(), found = [];
    names.forEach(function (name, number) { if (name.toLowerCase().includes(needle)) found.push(number); });
    return found;
  }
  // By the mean of a column; actors without a side there stand last.
  function inOrder(actors) {
    if (!sorted) return actors;
    return actors.slice().sort(function (one, other) {
      var x = cellAt(one, sorted.position), y = cellAt(other, sorted.position);
      x = x === undefined ? null : cells.value[x];
      y = y === undefined ? null : cells.value[y];
      if (x === null || y === null) return (x === null) - (y === null) || one - other;
      return (x - y) * sorted.way || one - other;
    });
  }
  function head(position) {
    var cell = document.createElement("th"), button = added(cell, "button", data.positions[position]);
    cell.scope = "col";
    button.type = "button";
    button.dir = "auto";
    button.title = "Sort the actors by this position";
    if (sorted && sorted.position === position) cell.setAttribute("aria-sort", sorted.way > 0 ? "ascending" : "descending");
    button.addEventListener("click", function () {
      if (!sorted || sorted.position !== position) sorted = { position: position, way: -1 };
      else if (sorted.way < 0) sorted.way = 1;
      else sorted = null;
      show();
      var again = table.querySelector('th[aria-sort] button');
      if (again) again.focus();
    });
    return cell;
  }
  function box(actor, position) {
    var cell = document.createElement("td"), place = cellAt(actor, position);
    if (place === undefined) return cell;
    var value = cells.value[place], sides = cells.favor[place] + cells.against[place];
    cell.className = "heat " + shade(cells.level[place]);
    if (taken.actor === actor && taken.position === position) cell.classList.add("taken");
    var button = added(cell, "button", signed(value) + (cells.level[place] === 0 ? "?" : ""));
    button.type = "button";
    added(button, "small", (value === null ? cells.neutral[place] + cells.withheld[place] : sides).toLocaleString("en"));
    button.title = words(place);
    button.setAttribute("aria-label", data.actors[actor] + " on " + data.positions[position] + ": " + words(place));
    button.addEventListener("click", function () { choose(actor, position); });
    return cell;
  }
  function line(actor, positions) {
    var row = document.createElement("tr"), name = added(row, "th");
    name.scope = "row";
    name.dir = "auto";
    if (taken.actor === actor) row.className = "taken";
    var button = added(name, "button", data.actors[actor] + " ");
    added(button, "small", data.counts[actor].toLocaleString("en"));
    button.type = "button";
    button.title = plural(data.counts[actor], "statement") + "; show all of this actor";
    button.addEventListener("click", function () { choose(actor, null); });
    positions.forEach(function (position) { row.appendChild(box(actor, position)); });
    return row;
  }
  function show() {
    var actors = inOrder(matching(data.actors, findActor)), positions = matching(data.positions, findPosition);
    var shownActors = actors.slice(0, rows), shownPositions = positions.slice(0, columns);
    var heads = document.createElement("tr");
    added(heads, "th", "Actor").scope = "col";
    shownPositions.forEach(function (position) { heads.appendChild(head(position)); });
    table.tHead.replaceChildren(heads);
    table.tBodies[0].replaceChildren.apply(table.tBodies[0], shownActors.map(function (actor) { return line(actor, shownPositions); }));
    moreActors.hidden = shownActors.length === actors.length;
    morePositions.hidden = shownPositions.length === positions.length;
    told.textContent = shownActors.length.toLocaleString("en") + " of " + plural(actors.length, "actor") + ", " +
      shownPositions.length + " of " + plural(positions.length, "position") +
      (sorted ? ", by the mean side on " + data.positions[sorted.position] + "." : ", the most spoken-of first.");
  }
  [findActor, findPosition].forEach(function (field) {
    field.addEventListener("input", function () { rows = 20; columns = 8; show(); });
  });
  moreActors.addEventListener("click", function () { rows += 30; show(); });
  morePositions.addEventListener("click", function () { columns += 8; show(); });
  document.getElementById("heat-filters").hidden = false;
  return {
    mark: function (actor, position) { taken = { actor: actor, position: position }; show(); },
  };
}

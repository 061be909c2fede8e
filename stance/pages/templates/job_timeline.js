// The course of an actor, or of one of its cells: counts of sides, and their mean with its interval, per period.
function courseOf(data, choosePeriod) {
  var place = document.getElementById("course"), told = document.getElementById("course-told");
  var body = document.getElementById("course-table").tBodies[0], details = document.getElementById("course-figures");
  var series = data.series, names = data.periods.names, lines = new Map(), drawn = null;
  series.actor.forEach(function (actor, number) {
    var key = actor + " " + series.position[number];
    if (!lines.has(key)) lines.set(key, []);
    lines.get(key).push(number);
  });

  function svg(parent, tag, attributes, text) {
    var made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.keys(attributes).forEach(function (name) { made.setAttribute(name, attributes[name]); });
    if (text) made.textContent = text;
    parent.appendChild(made);
    return made;
  }
  function interval(number) { return signed(series.low[number]) + " to " + signed(series.high[number]); }
  function words(number) {
    var counts = series.favor[number] + " favor, " + series.against[number] + " against, " + series.neutral[number] +
      " neutral, " + series.withheld[number] + " withheld";
    return names[series.period[number]] + ": " + counts +
      (series.value[number] === null ? "" : "; mean side " + signed(series.value[number]) + ", 95 % interval " + interval(number));
  }
  function largest(numbers, columns) {
    return Math.max.apply(null, [1].concat(numbers.map(function (number) {
      return Math.max.apply(null, columns.map(function (column) { return series[column][number]; }));
    })));
  }

  // Three bands, one below the other: sides up and down, neutral ones, the mean.
  var left = 46, band = { sides: 130, still: 34, mean: 110, gap: 24 };
  function draw(numbers, chosen) {
    place.replaceChildren();
    if (!numbers.length) return;
    var width = Math.max(280, place.clientWidth), step = (width - left - 8) / names.length, bar = Math.max(1, Math.min(28, step - Math.min(2, step / 4)));
    var height = band.sides + band.still + band.mean + 2 * band.gap + 30;
    var picture = svg(place, "svg", { viewBox: "0 0 " + width + " " + height, height: height, role: "group", "aria-label": "Statements per " + data.periods.unit });
    var top = largest(numbers, ["favor", "against"]), quiet = largest(numbers, ["neutral"]);
    var zero = band.sides / 2 + 8, stillZero = band.sides + band.gap + band.still, meanTop = stillZero + band.gap;
    function x(period) { return left + (period + 0.5) * step; }
    function meanAt(value) { return meanTop + band.mean * (1 - value / 100) / 2; }
    function mark(y, text) { svg(picture, "text", { x: left - 6, y: y + 4, "text-anchor": "end" }, text); }
    function rule(y, name) { svg(picture, "line", { x1: left, x2: width - 8, y1: y, y2: y, class: name }); }
    rule(zero, "zero");
    mark(zero - band.sides / 2 + 4, "+" + top);
    mark(zero + band.sides / 2 - 4, "−" + top);
    rule(stillZero, "axis");
    mark(stillZero - band.still / 2, quiet + " n.");
    [100, 0, -100].forEach(function (value) { rule(meanAt(value), value ? "axis" : "zero"); mark(meanAt(value), value ? (value > 0 ? "+1" : "−1") : "0"); });
    numbers.forEach(function (number) {
      var period = series.period[number], group = svg(picture, "g", { class: "period" + (chosen === period ? " taken" : "") });
      var scale = (band.sides / 2 - 4) / top, up = series.favor[number] * scale, down = series.against[number] * scale;
      var still = series.neutral[number] * (band.still / quiet), begin = x(period) - bar / 2;
      svg(group, "title", {}, words(number));
      svg(group, "rect", { class: "over", x: x(period) - step / 2, y: 0, width: step, height: height - 22 });
      svg(group, "rect", { class: "up", x: begin, y: zero - up, width: bar, height: up });
      svg(group, "rect", { class: "down", x: begin, y: zero, width: bar, height: down });
      svg(group, "rect", { class: "still", x: begin, y: stillZero - still, width: bar, height: still });
      if (series.value[number] !== null) {
        svg(group, "line", { class: "reach", x1: x(period), x2: x(period), y1: meanAt(series.low[number]), y2: meanAt(series.high[number]) });
        svg(group, "circle", { class: "point", cx: x(period), cy: meanAt(series.value[number]), r: Math.max(1.5, Math.min(4, step / 2)) });
      }
      group.addEventListener("click", function () { choosePeriod(period); });
    });
    var every = Math.max(1, Math.ceil(names.length / Math.max(1, Math.floor((width - left) / 104))));
    names.forEach(function (name, period) {
      if (period % every === 0) svg(picture, "text", { x: x(period), y: height - 6, "text-anchor": period === 0 && names.length > 1 ? "start" : "middle" }, name);
    });
  }
  function list(numbers) {
    body.replaceChildren.apply(body, numbers.map(function (number) {
      var row = document.createElement("tr"), button = added(added(row, "td"), "button", names[series.period[number]]);
      button.type = "button";
      button.addEventListener("click", function () { choosePeriod(series.period[number]); });
      [series.favor, series.against, series.neutral, series.withheld].forEach(function (column) { added(row, "td", String(column[number])); });
      added(row, "td", signed(series.value[number]));
      added(row, "td", series.value[number] === null ? "–" : interval(number));
      added(row, "td", String(series.articles[number]));
      return row;
    }));
  }
  function all(actor, position) { return lines.get(actor + " " + (position === null ? -1 : position)) || []; }
  function count(number) { return series.favor[number] + series.against[number] + series.neutral[number] + series.withheld[number]; }

  var last = 0;
  new ResizeObserver(function () {
    if (drawn && place.clientWidth !== last) { last = place.clientWidth; draw(drawn.numbers, drawn.chosen); }
  }).observe(place);
  return {
    show: function (actor, position, period) {
      var found = actor === null ? [] : all(actor, position);
      var dated = found.filter(function (number) { return series.period[number] >= 0; });
      var without = found.filter(function (number) { return series.period[number] < 0; }).reduce(function (sum, number) { return sum + count(number); }, 0);
      drawn = { numbers: dated, chosen: period };
      last = place.clientWidth;
      draw(dated, period);
      list(dated);
      details.hidden = !dated.length;
      if (actor === null) { told.textContent = "Choose an actor or a cell above."; return; }
      told.textContent = data.actors[actor] + (position === null ? ", all positions" : " on " + data.positions[position]) + ", by " +
        (data.periods.unit || "date") + ": above, statements in favor (up) and against (down), then neutral ones (n.), then the mean side with its 95 % interval. " +
        (without ? plural(without, "statement") + (without === 1 ? " has" : " have") + " no date and " + (without === 1 ? "is" : "are") + " not drawn." : "");
    },
    count: function (actor, position, period) {
      return all(actor, position).filter(function (number) { return series.period[number] === period; });
    },
  };
}

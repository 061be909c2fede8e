// What is chosen, and who shows it.
(function () {
  var reading = document.getElementById("reading");
  if (!window.DecompressionStream) return;
  var state = { actor: null, position: null, period: null };
  var limits = document.getElementById("limits"), sides = ["favor", "neutral", "against", "withheld"];
  reading.textContent = "Reading the statements …";

  unpacked("job-summary").then(function (data) {
    var list = null, heat = heatMap(data, function (actor, position) { choose({ actor: actor, position: position, period: null }, "course-head"); });
    var course = courseOf(data, function (period) { choose({ actor: state.actor, position: state.position, period: period }, "said-head"); });

    function sum(columns, numbers, side) {
      var names = side === "" ? sides : [sides[side]];
      return numbers.reduce(function (total, number) {
        return names.reduce(function (more, name) { return more + columns[name][number]; }, total);
      }, 0);
    }
    // How many statements of what is chosen there are, in the page or not; null where nobody counted them.
    function total(side) {
      if (state.period !== null) return state.actor === null ? null : sum(data.series, course.count(state.actor, state.position, state.period), side);
      var numbers = [];
      data.cells.actor.forEach(function (actor, number) {
        if ((state.actor === null || actor === state.actor) && (state.position === null || data.cells.position[number] === state.position)) numbers.push(number);
      });
      return sum(data.cells, numbers, side);
    }
    function limit(name, text) {
      if (state[name] === null) return;
      var button = added(limits, "button", text + " ✕");
      button.type = "button";
      button.setAttribute("aria-label", "Not only " + text);
      button.addEventListener("click", function () {
        var next = { actor: state.actor, position: state.position, period: state.period };
        next[name] = null;
        // A period is one of an actor's course.
        if (name === "actor") next.period = null;
        choose(next);
        // The button that was pressed is gone.
        (limits.querySelector("button") || document.getElementById("said-head")).focus({ preventScroll: true });
      });
    }
    function choose(next, go) {
      state = next;
      heat.mark(state.actor, state.position);
      course.show(state.actor, state.position, state.period);
      limits.replaceChildren();
      limit("actor", data.actors[state.actor]);
      limit("position", data.positions[state.position]);
      limit("period", data.periods.names[state.period]);
      if (!limits.children.length) limits.textContent = "All statements.";
      if (list) list.show(state, total);
      if (go) {
        var head = document.getElementById(go);
        head.focus({ preventScroll: true });
        head.scrollIntoView({ block: "start" });
      }
    }

    var circle = document.getElementById("circle");
    if (circle) circle.querySelectorAll(".node").forEach(function (node) {
      var actor = Number(node.dataset.actor);
      function point(on) {
        circle.classList.toggle("pointing", on);
        circle.querySelectorAll("path").forEach(function (path) {
          path.classList.toggle("on", on && path.dataset.ends.split(" ").includes(String(actor)));
        });
      }
      node.setAttribute("role", "button");
      node.setAttribute("tabindex", "0");
      node.addEventListener("mouseenter", function () { point(true); });
      node.addEventListener("mouseleave", function () { point(false); });
      node.addEventListener("focus", function () { point(true); });
      node.addEventListener("blur", function () { point(false); });
      node.addEventListener("click", function () { choose({ actor: actor, position: null, period: null }, "course-head"); });
      node.addEventListener("keydown", function (event) {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose({ actor: actor, position: null, period: null }, "course-head"); }
      });
    });

    document.getElementById("chosen").hidden = false;
    choose({ actor: data.actors.length ? 0 : null, position: null, period: null });
    return unpacked("job-statements").then(function (said) {
      list = statementList(data, said);
      list.show(state, total);
      reading.hidden = true;
    });
  }).catch(function (error) {
    reading.textContent = "This page is damaged: " + error;
  });
})();

// The statements of what is chosen, searched and shown in parts. total(side) is how many there are, or null.
function statementList(data, said) {
  var sides = ["favor", "neutral", "against", "withheld"], size = 25;
  var list = document.getElementById("said"), told = document.getElementById("told");
  var find = document.getElementById("find"), side = document.getElementById("only-side"), order = document.getElementById("order");
  var back = document.getElementById("back"), on = document.getElementById("on");
  var chosen = [], first = 0, wanted = { actor: null, position: null, period: null }, total = function () { return null; };

  function haystack(number) {
    var article = said.article[number];
    return [data.actors[said.actor[number]], data.positions[said.position[number]], said.texts[said.text[number]],
      said.articles.label[article], said.articles.source[article]].join("\n").toLowerCase();
  }
  function item(number) {
    var line = document.createElement("li"), article = said.article[number], kind = said.stance[number];
    var head = added(line, "p", "", "who"), sure = said.sure[number] < 0 ? "" : " " + (said.sure[number] / 1000).toFixed(2);
    added(head, "span", sides[kind] + sure, "chip " + (kind === 3 ? "abstained" : sides[kind]));
    head.append(" ");
    added(head, "b", data.actors[said.actor[number]]).dir = "auto";
    head.append(" on ");
    added(head, "span", data.positions[said.position[number]]).dir = "auto";
    if (said.reasons[said.reason[number]]) head.append(" (" + said.reasons[said.reason[number]] + ")");
    var quote = added(line, "blockquote", said.texts[said.text[number]]);
    quote.dir = "auto";
    if (said.articles.lang[article]) quote.lang = said.articles.lang[article];
    var foot = added(line, "p"), url = said.articles.url[article];
    // Checked when the page was made; once more here, since a click goes there.
    if (/^https?:\/\//.test(url)) {
      var link = added(foot, "a", said.articles.label[article]);
      link.href = url;
      link.rel = "noopener noreferrer nofollow";
      link.target = "_blank";
      link.dir = "auto";
    } else {
      added(foot, "span", said.articles.label[article]).dir = "auto";
    }
    foot.append([" ", said.articles.date[article] || "no date", said.articles.source[article], said.articles.lang[article]].filter(Boolean).join(" · "));
    return line;
  }
  function show() {
    var end = Math.min(first + size, chosen.length), all = total(side.value);
    list.replaceChildren.apply(list, chosen.slice(first, end).map(item));
    var missing = all === null || find.value.trim() ? 0 : all - chosen.length;
    told.textContent = (chosen.length ? "Statements " + (first + 1) + " to " + end + " of " + chosen.length.toLocaleString("en") + "." : "No such statement in this page.") +
      (missing > 0 ? " " + missing.toLocaleString("en") + " more are counted and not in this page." : "");
    back.disabled = first === 0;
    on.disabled = end === chosen.length;
  }
  function choose() {
    var needle = find.value.trim().toLowerCase(), kind = side.value === "" ? null : Number(side.value);
    chosen = [];
    for (var number = 0; number < said.actor.length; number++) {
      if ((wanted.actor === null || said.actor[number] === wanted.actor) && (wanted.position === null || said.position[number] === wanted.position) &&
          (wanted.period === null || said.period[number] === wanted.period) && (kind === null || said.stance[number] === kind) &&
          (needle === "" || haystack(number).includes(needle))) chosen.push(number);
    }
    // They come newest first, those without a date last.
    if (order.value === "oldest") {
      var dated = chosen.filter(function (number) { return said.period[number] >= 0; });
      chosen = dated.reverse().concat(chosen.filter(function (number) { return said.period[number] < 0; }));
    } else if (order.value !== "newest") {
      var way = order.value === "surest" ? -1 : 1;
      chosen.sort(function (one, other) { return (said.sure[one] - said.sure[other]) * way || one - other; });
    }
    first = 0;
    show();
  }
  find.addEventListener("input", choose);
  [side, order].forEach(function (select) { select.addEventListener("change", choose); });
  function turn(step) { first += step * size; show(); document.getElementById("said-head").scrollIntoView({ block: "start" }); }
  back.addEventListener("click", function () { turn(-1); });
  on.addEventListener("click", function () { turn(1); });
  return {
    show: function (state, count) { wanted = state; total = count; choose(); },
  };
}

document.querySelectorAll("article.marked").forEach(function (article) {
  var told = document.getElementById("told");
  var space = "http://www.w3.org/2000/svg";
  var svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "arrows");
  svg.setAttribute("aria-hidden", "true");
  article.appendChild(svg);

  // The pieces of each quote and of each speaker's mention: one quote may lie in many.
  function index(name) {
    var found = new Map();
    article.querySelectorAll("[data-" + name + "]").forEach(function (piece) {
      piece.dataset[name].split(" ").forEach(function (word) {
        if (!found.has(word)) found.set(word, []);
        found.get(word).push(piece);
      });
    });
    return found;
  }
  var ofQuote = index("quotes"), ofPlace = index("places");
  function places(source) { return source.dataset.to.split(" ").filter(function (place) { return ofPlace.has(place); }); }
  function pieces(source) { return source.dataset.quote ? ofQuote.get(source.dataset.quote) || [] : [source]; }

  // The point where an arrow leaves or lands: the middle of a piece's edge that looks at the other end.
  function edge(box, x, up, frame) { return { x: x - frame.left, y: (up ? box.top : box.bottom) - frame.top }; }

  function line(source, target) {
    var frame = article.getBoundingClientRect();
    var own = pieces(source).flatMap(function (piece) { return Array.from(piece.getClientRects()); });
    var there = target.getClientRects()[0];
    if (!own.length || !there) return "";
    var back = source.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_PRECEDING;
    var here = back || own.length === 1 ? own[0] : own[own.length - 1];
    var same = Math.abs(here.top - there.top) < here.height / 2;
    var up = same || there.top < here.top;
    var from = edge(here, back ? here.left + 4 : Math.max(here.left, here.right - 4), up, frame);
    var to = edge(there, there.left + there.width / 2, same || !up, frame);
    var bend = same ? -14 : Math.max(12, Math.abs(to.y - from.y) / 2) * (up ? -1 : 1);
    var end = same ? bend : -bend;
    var point = function (x, y) { return x.toFixed(1) + " " + y.toFixed(1); };
    var down = end < 0 ? -1 : 1;
    return "M" + point(from.x, from.y) + " C" + point(from.x, from.y + bend) + " " + point(to.x, to.y + end) + " " +
      point(to.x, to.y) + " l" + point(-4, 6 * down) + " M" + point(to.x + 4, to.y + 6 * down) + " L" + point(to.x, to.y);
  }

  var sources = Array.from(article.querySelectorAll("[data-to]"));
  var arrows = sources.flatMap(function (source) {
    return places(source).map(function (place) {
      var path = document.createElementNS(space, "path");
      path.setAttribute("class", source.dataset.quote ? "of-quote" : "of-sentence");
      path.setAttribute("data-from", source.id);
      path.setAttribute("data-place", place);
      svg.appendChild(path);
      return { source: source, target: ofPlace.get(place)[0], path: path };
    });
  });
  function draw() {
    // All is measured before anything is drawn, so that the page is laid out once.
    var lines = arrows.map(function (arrow) { return line(arrow.source, arrow.target); });
    arrows.forEach(function (arrow, number) { arrow.path.setAttribute("d", lines[number]); });
  }

  function show(source, on) {
    pieces(source).forEach(function (piece) { piece.classList.toggle("said", on); });
    places(source).forEach(function (place) {
      ofPlace.get(place).forEach(function (piece) { piece.classList.toggle("says", on); });
    });
    arrows.forEach(function (arrow) { if (arrow.source === source) arrow.path.classList.toggle("on", on); });
    told.textContent = on ? source.getAttribute("aria-label") : "";
  }
  function follow(element, source) {
    element.addEventListener("mouseenter", function () { show(source, true); });
    element.addEventListener("mouseleave", function () { show(source, false); });
  }
  sources.forEach(function (source) {
    source.addEventListener("focus", function () { show(source, true); });
    source.addEventListener("blur", function () { show(source, false); });
    if (!source.dataset.quote) follow(source, source);
  });
  article.querySelectorAll("[data-quotes]").forEach(function (piece) {
    // Of quotes within quotes the innermost is the one pointed at; it is named last.
    var source = article.querySelector('[data-quote="' + piece.dataset.quotes.split(" ").pop() + '"]');
    follow(piece, source);
    piece.addEventListener("click", function () { source.focus({ preventScroll: true }); });
  });

  new ResizeObserver(draw).observe(article);
  draw();
});

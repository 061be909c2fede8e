// What stance/pages/packed.py packed into an element.
function unpacked(id) {
  var letters = atob(document.getElementById(id).textContent.trim()), bytes = new Uint8Array(letters.length);
  for (var place = 0; place < letters.length; place++) bytes[place] = letters.charCodeAt(place);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}
function added(parent, tag, text, name) {
  var made = document.createElement(tag);
  if (text) made.textContent = text;
  if (name) made.className = name;
  parent.appendChild(made);
  return made;
}
function signed(hundredths) {
  if (hundredths === null) return "–";
  return (hundredths > 0 ? "+" : hundredths < 0 ? "−" : "") + (Math.abs(hundredths) / 100).toFixed(2);
}
function plural(number, noun) { return number.toLocaleString("en") + " " + noun + (number === 1 ? "" : "s"); }

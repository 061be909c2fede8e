(function () {
  // The choice lives as long as the page: a file on disk, or shown in a frame of another site, may keep nothing.
  var root = document.documentElement, button = document.getElementById("theme");
  function dark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }
  function tell() { button.textContent = dark() ? "Light colours" : "Dark colours"; }
  button.addEventListener("click", function () { root.dataset.theme = dark() ? "light" : "dark"; tell(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell);
  button.hidden = false;
  tell();
})();

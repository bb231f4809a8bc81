(function () {
  var box = document.getElementById("search");
  var input = box.querySelector("input");
  var said = box.querySelector("output");
  var rows = Array.prototype.slice.call(document.querySelectorAll("tr.monitor"));
  box.hidden = false;
  input.addEventListener("input", function () {
    var words = input.value.toLowerCase().split(/\s+/);
    var count = 0;
    rows.forEach(function (row) {
      var text = row.textContent.toLowerCase();
      var hit = words.every(function (word) { return text.indexOf(word) !== -1; });
      row.hidden = !hit;
      if (hit) count += 1;
    });
    said.textContent = input.value ? count + " of " + rows.length : "";
  });
})();

document.addEventListener("DOMContentLoaded", () => {
  const at = (id) => document.getElementById(id);
  const make = (tag, text, kind) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (kind) element.className = kind;
    return element;
  };
  const data = JSON.parse(at("data").textContent);
  const [FILE, NAME, ID, TOTAL, SCORE, LATE, FLAGS, STATUS, ATTEMPTS, POINTS, LEVELS] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const rows = data.rows.map((row, place) => ({ row, place, text: plain(row[NAME] + " " + row[ID]) }));
  const compare = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" }).compare;
  const shown = (value) => (value === null || value === undefined ? "" : String(value));

  /* Columns: heading, class, what to sort by, what to show. */
  const columns = [
    { key: "name", head: "Student", get: (row) => row[NAME] },
    ...(data.columns.id ? [{ key: "id", head: "Id", kind: "low", get: (row) => row[ID] }] : []),
    { key: "total", head: "Total", kind: "num", get: (row) => row[TOTAL], strong: true },
    { key: "score", head: "Score", kind: "num", get: (row) => row[SCORE] },
    ...(data.columns.late ? [{ key: "late", head: "Late", kind: "num", get: (row) => row[LATE], show: (row) => (row[FLAGS] & 4 ? "−" + row[LATE] : row[LATE] === null ? "" : "none off") }] : []),
    ...data.questions.map(([id, title], i) => ({ key: "q" + i, head: id, title, kind: "q", get: (row) => row[POINTS][i], level: (row) => row[LEVELS][i] })),
    { key: "status", head: "Status", get: (row) => row[STATUS] },
    ...(data.columns.attempts ? [{ key: "attempts", head: "Attempts", kind: "num", get: (row) => row[ATTEMPTS] }] : []),
  ];
  const view = { key: "", down: false, text: "", kind: 0, size: 50, page: 0, filters: {} };
  const memory = "backmark-table:" + location.pathname;
  let matching = rows;

  const bitsOf = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const tests = {
    bits: ({ bits }) => { const set = bitsOf(bits); return (entry) => (set[entry.place >> 3] >> (entry.place & 7)) & 1; },
    range: ({ low, high, last }) => (entry) => {
      const total = entry.row[TOTAL];
      return total !== null && total >= low && (last ? true : total < high);
    },
  };

  const select = () => {
    const words = plain(view.text).split(/\s+/).filter(Boolean);
    const checks = Object.entries(view.filters).map(([kind, filter]) => tests[kind](filter));
    matching = rows.filter((entry) =>
      words.every((word) => entry.text.includes(word)) &&
      (!view.kind || entry.row[FLAGS] & view.kind) &&
      checks.every((check) => check(entry)));
    const column = columns.find((c) => c.key === view.key);
    if (column) {
      const sign = view.down ? -1 : 1;
      matching.sort((a, b) => {
        const [x, y] = [column.get(a.row), column.get(b.row)];
        if (x === null || x === undefined || y === null || y === undefined) return (x ?? null) === (y ?? null) ? a.place - b.place : (x ?? null) === null ? 1 : -1;
        return sign * (typeof x === "number" ? x - y : compare(x, y)) || a.place - b.place;
      });
    }
  };

  const rowOf = ({ row }) => {
    const line = make("tr");
    const head = make("th");
    head.scope = "row";
    const link = make("a");
    link.href = "students/" + encodeURIComponent(row[FILE]) + ".html";
    link.append(make("bdi", row[NAME]));
    head.append(link);
    line.append(head);
    for (const column of columns.slice(1)) {
      const text = column.show ? column.show(row) : shown(column.get(row));
      const cell = make("td", column.strong ? undefined : text, column.kind);
      if (column.strong) cell.append(make("b", text));
      if (column.level) cell.className = "q q" + column.level(row).replace("-", "x");
      if (column.key === "status" && text !== "graded") { cell.textContent = ""; cell.append(make("span", text, "badge " + (text === "refused" ? "bad" : "warn"))); }
      line.append(cell);
    }
    return line;
  };

  const draw = () => {
    const size = view.size || matching.length || 1;
    const pages = Math.max(1, Math.ceil(matching.length / size));
    view.page = Math.min(view.page, pages - 1);
    const first = view.page * size;
    const part = matching.slice(first, first + size);
    at("body").replaceChildren(...part.map(rowOf));
    const total = rows.length.toLocaleString("en");
    at("count").textContent = matching.length === rows.length ? total + (rows.length === 1 ? " student" : " students") : matching.length.toLocaleString("en") + " of " + total + " students";
    at("page").textContent = matching.length ? (first + 1).toLocaleString("en") + "–" + (first + part.length).toLocaleString("en") + " of " + matching.length.toLocaleString("en") : "nobody";
    at("back").disabled = view.page === 0;
    at("forth").disabled = view.page >= pages - 1;
    for (const head of at("heads").children) {
      if (head.dataset.key === view.key) head.setAttribute("aria-sort", view.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    at("chips").replaceChildren(...Object.entries(view.filters).map(([kind, filter]) => {
      const chip = make("button", "✕ " + filter.name);
      chip.type = "button";
      chip.title = filter.name;
      chip.setAttribute("aria-label", "Remove the filter: " + filter.name);
      chip.addEventListener("click", () => { delete view.filters[kind]; refresh(); at("search").focus(); });
      return chip;
    }));
    try { sessionStorage.setItem(memory, JSON.stringify(view)); } catch { /* a browser that keeps nothing */ }
  };
  const refresh = (page = 0) => { view.page = page; select(); draw(); };
  const filter = (kind, value) => {
    view.filters[kind] = value;
    refresh();
    at("students").scrollIntoView();
  };

  for (const column of columns) {
    const head = make("th", undefined, column.kind);
    head.scope = "col";
    head.dataset.key = column.key;
    const button = make("button", column.head);
    button.type = "button";
    if (column.title) button.title = column.title;
    button.addEventListener("click", () => {
      /* Figures and points first from the top, names from A; then the other way round. */
      const first = column.kind === "num" || column.kind === "q";
      view.down = view.key === column.key ? !view.down : first;
      view.key = column.key;
      refresh();
    });
    head.append(button);
    at("heads").append(head);
  }

  at("search").addEventListener("input", (event) => { view.text = event.target.value; refresh(); });
  at("kind").addEventListener("change", (event) => { view.kind = Number(event.target.value); refresh(); });
  at("size").addEventListener("change", (event) => { view.size = Number(event.target.value); refresh(); });
  at("back").addEventListener("click", () => { view.page -= 1; draw(); });
  at("forth").addEventListener("click", () => { view.page += 1; draw(); });
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
    event.preventDefault();
    at("search").focus();
    at("search").select();
  });
  for (const bar of document.querySelectorAll(".bin")) {
    bar.addEventListener("click", (event) => {
      event.preventDefault();
      const { low, high, last } = bar.dataset;
      filter("range", { low: Number(low), high: Number(high), last: Boolean(last), name: "total from " + low + (last ? " to " : " to below ") + high });
    });
  }
  for (const flag of document.querySelectorAll("a.flag")) {
    flag.addEventListener("click", () => {
      const option = at("kind").querySelector("[data-kind=" + flag.dataset.kind + "]");
      at("kind").value = option.value;
      view.kind = Number(option.value);
      refresh();
    });
  }
  for (const button of document.querySelectorAll("button.filter")) {
    button.hidden = false;
    button.addEventListener("click", () => filter("bits", { bits: button.dataset.bits, name: button.dataset.name }));
  }

  /* Whoever comes back from a student finds the table as it was. */
  try { Object.assign(view, JSON.parse(sessionStorage.getItem(memory) ?? "{}")); } catch { /* start afresh */ }
  at("search").value = view.text;
  at("kind").value = view.kind ? String(view.kind) : "";
  at("size").value = String(view.size);
  at("table").hidden = false;
  refresh(view.page);

  /* The other tables are there already: their headings become buttons. */
  for (const table of document.querySelectorAll("table[data-sortable]")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, i) => {
      if (!head.textContent.trim() || head.querySelector(".hide")) return;
      const button = make("button", head.textContent);
      button.type = "button";
      head.replaceChildren(button);
      const numeric = head.classList.contains("num");
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") ? head.getAttribute("aria-sort") === "ascending" : numeric;
        const value = (line) => {
          const cell = line.cells[i];
          const text = cell.dataset.value ?? cell.textContent.trim().replace("−", "-");
          return numeric || cell.dataset.value ? parseFloat(text) : text;
        };
        const lines = [...table.tBodies[0].rows].sort((a, b) => {
          const [x, y] = [value(a), value(b)];
          if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
          return (down ? -1 : 1) * (typeof x === "number" ? x - y : compare(x, y));
        });
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        table.tBodies[0].replaceChildren(...lines);
      });
    });
  }
});

// @ts-check
/** What the custom functions do: read their arguments, ask, and shape the answer for the sheet. */
const ScorecellAsking = (() => {
  /**
   * Answer one question or a grid of them, in the shape that the arguments have. Throws where a single cell is wrong;
   * in a grid, what is wrong stands in its cell.
   * @param {Array<*>} given KPI, who, period, show
   * @param {*} revision
   * @param {(question: ScorecellQuestion, answer: ScorecellAnswer) => any} shown what a cell of a range shows
   * @param {(question: ScorecellQuestion, answer: ScorecellAnswer) => any} shownAlone what a single cell shows
   */
  function answers(given, revision, shown, shownAlone) {
    const { rows, columns, cells } = ScorecellCells.grid(given);
    if (cells.length === 1) return alone(cells[0], revision, shownAlone);
    const asked = cells.filter((cell) => !cell.isBlank && !cell.problem);
    const questions = asked.map((cell) => cell.question);
    const found = questions.length ? ScorecellClient.answers(ScorecellClient.connection(), questions) : [];
    const shownAt = new Map(asked.map((cell, index) => [cell, shown(cell.question, found[index])]));
    const values = cells.map((cell) => {
      return cell.problem ? ScorecellCells.WARNING + cell.problem : (shownAt.get(cell) ?? '');
    });
    return Array.from({ length: rows }, (_, row) => values.slice(row * columns, (row + 1) * columns));
  }

  /**
   * @param {ScorecellCell} cell @param {*} revision
   * @param {(question: ScorecellQuestion, answer: ScorecellAnswer) => any} shown
   */
  function alone(cell, revision, shown) {
    if (cell.problem) throw new Error(cell.problem);
    return shown(cell.question, ScorecellBundle.answer(cell.question, JSON.stringify(revision ?? '')));
  }

  /**
   * The rows that the server has for a body, with headers in the user's language.
   * @param {string} path @param {Object<string, *>} body
   * @returns {Array<Array<*>>}
   */
  function rows(path, body) {
    return ScorecellCells.table(ScorecellClient.rows(path, { ...body, language: ScorecellWords.language() }));
  }

  /** Each argument as one text. @param {Object<string, *>} given @returns {Object<string, string>} */
  function texts(given) {
    const entries = Object.keys(given).map((name) => [name, ScorecellCells.single(name, given[name])]);
    return Object.fromEntries(entries);
  }

  /** How many periods a text asks for. Throws a sentence. @param {string} text @returns {number} */
  function count(text) {
    const number = Number(text);
    if (Number.isInteger(number) && number >= 1) return number;
    throw new Error(ScorecellWords.say('bad_count', text));
  }

  /** The KPIs of a family, or all, in the user's language. @param {string} family @returns {Array<Array<*>>} */
  function catalogue(family) {
    return ScorecellCells.table(ScorecellClient.rowsAt('/v1/kpis', { family, language: ScorecellWords.language() }));
  }

  /** When the numbers were last brought up to date. @returns {Date} */
  function freshness() {
    const link = ScorecellClient.connection();
    const date = new Date(ScorecellClient.post(link, '/v1/kpi', { questions: [] }).as_of);
    if (isNaN(date.getTime())) throw new Error(ScorecellWords.say('bad_answer', link.server));
    return date;
  }

  return Object.freeze({ answers, rows, texts, count, catalogue, freshness });
})();

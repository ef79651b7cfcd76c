// @ts-check
/**
 * From cells to questions and from answers to cells. Nothing here talks to a service but for words and time zone.
 *
 * A question is four texts: KPI, who, period and what to show. An answer is `{value, state, message}`, where the
 * state is empty when all is well.
 *
 * @typedef {[string, string, string, string]} ScorecellQuestion
 * @typedef {{value: number|null, state: string, message: string}} ScorecellAnswer
 * @typedef {{question: ScorecellQuestion, problem: string, isBlank: boolean}} ScorecellCell
 * @typedef {{rows: number, columns: number, cells: ScorecellCell[]}} ScorecellGrid
 */
const ScorecellCells = (() => {
  /** What one formula may ask; the server takes no more in one request. */
  const MOST_CELLS = 10000;
  /** KPI, who and period: a blank cell in a range of one of these is an unused row or column and asks nothing. */
  const ASKED_PARTS = 3;
  const ERROR_TEXT = /^#(N\/A|REF!|VALUE!|NAME\?|DIV\/0!|NUM!|NULL!|ERROR!)/;
  const WARNING = '⚠ ';
  /** @type {string} the spreadsheet's, once a date needed it */
  let zone = '';
  const STATUS_SHOWS = ['status', 'statut', 'état', 'etat'];

  /** An argument as rows of cells. @param {*} value @returns {Array<Array<*>>} */
  function matrix(value) {
    return Array.isArray(value) ? value : [[value]];
  }

  /**
   * What a cell says as text: a date is its month in the spreadsheet's zone, a blank cell is empty.
   * @param {*} value
   * @returns {string}
   */
  function word(value) {
    if (value === null || value === undefined) return '';
    if (isDate(value)) return month(value);
    if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
    return String(value).trim();
  }

  /** Dates come from another realm, where `instanceof` says no. @param {*} value @returns {boolean} */
  function isDate(value) {
    return Object.prototype.toString.call(value) === '[object Date]';
  }

  /** @param {Date} date @returns {string} */
  function month(date) {
    if (!zone) zone = SpreadsheetApp.getActiveSpreadsheet().getSpreadsheetTimeZone();
    return Utilities.formatDate(date, zone, 'yyyy-MM');
  }

  /** Why the words cannot be asked, or ''. @param {string[]} words @returns {string} */
  function problemOf(words) {
    const wrong = words.find((each) => ERROR_TEXT.test(each));
    return wrong === undefined ? '' : ScorecellWords.say('error_cell', wrong);
  }

  /**
   * The text of an argument that must be one cell. Throws a sentence for a range or an error.
   * @param {string} name @param {*} value @returns {string}
   */
  function single(name, value) {
    const rows = matrix(value);
    if (rows.length !== 1 || rows[0].length !== 1) throw new Error(ScorecellWords.say('one_value', name));
    const text = word(rows[0][0]);
    if (problemOf([text])) throw new Error(problemOf([text]));
    return text;
  }

  /**
   * The texts of a list argument, row by row. Blank cells of a range are left out; a single blank cell is ''.
   * @param {*} value @returns {string[]}
   */
  function list(value) {
    const words = matrix(value).flat().map(word);
    if (problemOf(words)) throw new Error(problemOf(words));
    const filled = words.filter((each) => each !== '');
    return filled.length ? filled : [''];
  }

  /**
   * Lay the arguments over each other. Each is one cell, a row, a column or a block; one row or column is repeated
   * to fit the others: a column of reps and a row of months make a grid, two columns of one length go cell by cell.
   * Throws a sentence where they do not fit or are too many.
   * @param {Array<*>} given KPI, who, period, show
   * @returns {ScorecellGrid}
   */
  function grid(given) {
    const sides = given.map(matrix);
    const rows = fit(sides, sides.map((side) => side.length));
    const columns = fit(sides, sides.map((side) => side[0].length));
    checkSize(rows * columns);
    const words = sides.map((side) => side.map((row) => row.map(word)));
    const cells = [];
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const question = /** @type {ScorecellQuestion} */ (words.map((side) => pick(pick(side, row), column)));
        const isBlank = question.some((each, part) => each === '' && isRange(sides[part]) && part < ASKED_PARTS);
        cells.push({ question, problem: problemOf(question), isBlank });
      }
    }
    return { rows, columns, cells };
  }

  /** @param {Array<Array<*>>} side @returns {boolean} */
  function isRange(side) {
    return side.length > 1 || side[0].length > 1;
  }

  /** @template T @param {T[]} items @param {number} index @returns {T} */
  function pick(items, index) {
    return items.length === 1 ? items[0] : items[index];
  }

  /** @param {Array<Array<Array<*>>>} sides @param {number[]} lengths @returns {number} */
  function fit(sides, lengths) {
    const most = Math.max(...lengths);
    if (lengths.every((length) => length === most || length === 1)) return most;
    const sizes = sides.map((side) => `${side.length} × ${side[0].length}`);
    throw new Error(ScorecellWords.say('uneven', sizes.join(', ')));
  }

  /** Throw a sentence where a formula asks too much. @param {number} count */
  function checkSize(count) {
    if (count > MOST_CELLS) throw new Error(ScorecellWords.say('too_many_cells', count, MOST_CELLS));
  }

  /**
   * What a cell of a range shows: the number, or why there is none. Never a number that was not answered.
   * @param {ScorecellQuestion} question @param {ScorecellAnswer} answer @returns {number|string}
   */
  function shown(question, answer) {
    if (isWrong(answer)) return WARNING + (answer.message || answer.state);
    if (answer.value === null) return ScorecellWords.say(`state_${answer.state}`);
    const status = `status_${answer.value}`;
    const isStatus = STATUS_SHOWS.includes(question[3].toLowerCase()) && ScorecellWords.knows(status);
    return isStatus ? ScorecellWords.say(status) : answer.value;
  }

  /**
   * What a cell that stands alone shows. Throws what is wrong.
   * @param {ScorecellQuestion} question @param {ScorecellAnswer} answer
   */
  function shownAlone(question, answer) {
    if (isWrong(answer)) throw new Error(answer.message || answer.state);
    return shown(question, answer);
  }

  /** Why a value is what it is, or is missing. @param {ScorecellQuestion} _question @param {ScorecellAnswer} answer */
  function explained(_question, answer) {
    if (isWrong(answer)) return WARNING + (answer.message || answer.state);
    if (!answer.state) return ScorecellWords.say('ok');
    const state = ScorecellWords.say(`state_${answer.state}`);
    return answer.message ? `${state}: ${answer.message}` : state;
  }

  /**
   * Whether an answer is no answer: not understood, or in a state that this version does not know.
   * @param {ScorecellAnswer} answer
   */
  function isWrong(answer) {
    return answer.state !== '' && !ScorecellWords.knows(`state_${answer.state}`);
  }

  /**
   * A server's rows as a spreadsheet takes them: rectangular, nothing but texts, numbers and yes or no.
   * @param {Array<Array<*>>} rows @returns {Array<Array<*>>}
   */
  function table(rows) {
    const width = Math.max(1, ...rows.map((row) => row.length));
    const padded = rows.map((row) => row.concat(Array(width - row.length).fill('')));
    return padded.map((row) => row.map((value) => (value === null ? '' : value)));
  }

  return Object.freeze({
    MOST_CELLS, WARNING, word, single, list, grid, checkSize, shown, shownAlone, explained, table,
  });
})();

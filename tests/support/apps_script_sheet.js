// A sheet of cells: formulas that call one custom function, ranges, names, spilling, recalculation by arguments.
'use strict';

const ROUNDS_MAX = 10;
const TOKEN = /\s*(?:"((?:[^"]|"")*)"|(-?\d+(?:\.\d+)?)(?![\w.])|(TRUE|FALSE)\b|([A-Z]+\d+:[A-Z]+\d+)|([A-Z]+\d+)(?!\w)|([A-Za-z_]\w*))\s*([,;]|$)|\s*([,;])/gy;

class Sheet {
  constructor() {
    this.names = {};
    this.entries = new Map(); // what a user typed, by place
    this.results = new Map(); // what a formula gave, by its place, with the arguments it was given
    this.spilled = new Map(); // value by place
    this.memo = new Map(); // Sheets' own: the same call is not made twice
  }

  set(cells, names) {
    Object.assign(this.names, names);
    for (const [place, entry] of Object.entries(cells)) {
      if (entry === '') this.entries.delete(place);
      else this.entries.set(place, entry);
      this.results.delete(place);
    }
  }

  value(place) {
    const entry = this.entries.get(place);
    if (isFormula(entry)) return this.results.get(place)?.value ?? '';
    return entry ?? this.spilled.get(place) ?? '';
  }

  shown() {
    const places = new Set([...this.entries.keys(), ...this.spilled.keys()]);
    return Object.fromEntries([...places].map((place) => [place, this.value(place)]));
  }

  /** Execute the formulas whose arguments changed, until none does. */
  async calculate(execute, functions) {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const formulas = [...this.entries].filter(([, entry]) => isFormula(entry));
      const changed = formulas.map(([place, entry]) => ({ place, ...this.read(entry) })).filter((one) => this.isNew(one));
      if (changed.length === 0) return;
      await Promise.all(changed.map((one) => this.evaluate(one, execute, functions)));
      this.spill();
    }
    throw new Error('The formulas depend on each other in a circle.');
  }

  isNew({ place, key }) {
    return this.results.get(place)?.key !== key;
  }

  async evaluate({ place, name, args, key }, execute, functions) {
    if (!functions.has(name)) {
      this.results.set(place, { key, given: failure('#NAME?', `Unknown function: '${name}'.`) });
      return;
    }
    if (!this.memo.has(key)) this.memo.set(key, execute(functions.get(name), args));
    const { value, error } = await this.memo.get(key);
    if (error !== undefined) this.memo.delete(key);
    this.results.set(place, { key, given: error === undefined ? value : failure('#ERROR!', error) });
  }

  spill() {
    this.spilled.clear();
    for (const [place, result] of this.results) result.value = this.placed(place, result.given);
  }

  placed(place, given) {
    if (!Array.isArray(given)) return given;
    const { row, column } = position(place);
    const cells = given.flatMap((line, down) => line.map((value, right) => [at(row + down, column + right), value]));
    const blocked = cells.slice(1).find(([other]) => this.entries.has(other) || this.spilled.has(other));
    if (blocked) {
      return failure('#REF!', `Array result was not expanded because it would overwrite data in ${blocked[0]}.`);
    }
    for (const [other, value] of cells.slice(1)) this.spilled.set(other, value);
    return cells[0][1];
  }

  /** The function and the arguments of a formula. Only calls of one function are understood. */
  read(formula) {
    const call = /^=\s*([A-Za-z_]\w*)\s*\(([\s\S]*)\)\s*$/.exec(formula);
    if (!call) throw new Error(`This formula is not one call: ${formula}`);
    const args = this.args(call[2]);
    const name = call[1].toUpperCase();
    return { name, args, key: JSON.stringify([name, args]) };
  }

  args(text) {
    const args = [];
    TOKEN.lastIndex = 0;
    let wantsMore = text.trim() !== '';
    while (wantsMore) {
      const from = TOKEN.lastIndex;
      const token = TOKEN.exec(text);
      if (!token) {
        if (text.slice(from).trim() !== '') throw new Error(`Formula parse error at ${text.slice(from)}`);
        args.push('');
        break;
      }
      args.push(this.argument(token));
      wantsMore = token[7] === undefined ? token[8] !== undefined : token[7] !== '';
    }
    return args;
  }

  argument([, text, number, logical, range, place, name, , nothing]) {
    if (nothing !== undefined) return '';
    if (text !== undefined) return text.replaceAll('""', '"');
    if (number !== undefined) return Number(number);
    if (logical !== undefined) return logical === 'TRUE';
    if (range !== undefined) return this.range(range);
    if (place !== undefined) return given(this.value(place));
    if (name in this.names) return given(this.value(this.names[name]));
    return '#NAME?';
  }

  range(text) {
    const [from, to] = text.split(':').map(position);
    const rows = [];
    for (let row = from.row; row <= to.row; row++) {
      const cells = [];
      for (let column = from.column; column <= to.column; column++) cells.push(given(this.value(at(row, column))));
      rows.push(cells);
    }
    return rows.length === 1 && rows[0].length === 1 ? rows[0][0] : rows;
  }
}

/** What a function is given for a cell: an error comes as its text. */
function given(value) {
  return value !== null && typeof value === 'object' && 'error' in value ? value.error : value;
}

function isFormula(entry) {
  return typeof entry === 'string' && entry.startsWith('=');
}

function failure(error, message) {
  return { error, message };
}

function position(place) {
  const [, letters, digits] = /^([A-Z]+)(\d+)$/.exec(place);
  const column = [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0);
  return { row: Number(digits), column };
}

function at(row, column) {
  let letters = '';
  for (let left = column; left > 0; left = Math.floor((left - 1) / 26)) {
    letters = String.fromCharCode(65 + ((left - 1) % 26)) + letters;
  }
  return `${letters}${row}`;
}

module.exports = { Sheet };

// One thread of executions: each is a fresh realm with the scripts and the services that its mode allows.
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const { parentPort, receiveMessageOnPort, workerData } = require('node:worker_threads');

const { job, port } = workerData;
const signal = new Int32Array(workerData.signal);
const FORBIDDEN = [
  'CalendarApp', 'ContactsApp', 'DocumentApp', 'DriveApp', 'FormApp', 'GmailApp', 'GroupsApp', 'LinkedInApp', 'MailApp',
  'ScriptApp', 'SitesApp', 'SlidesApp', 'Drive', 'Gmail', 'Sheets', 'People', 'AdminDirectory', 'CardService',
  'ContentService', 'Browser', 'HtmlService', 'Jdbc', 'LanguageApp', 'Maps', 'XmlService', 'Charts',
];
const FETCH_OPTIONS = ['contentType', 'headers', 'method', 'payload', 'muteHttpExceptions', 'followRedirects'];
const SCRIPTS = fs.readdirSync(job.folder).filter((name) => name.endsWith('.js')).sort().map((name) => {
  return new vm.Script(fs.readFileSync(path.join(job.folder, name), 'utf8'), { filename: name });
});

/** Ask the main thread and wait: services answer synchronously. */
function call(service, method, ...args) {
  Atomics.store(signal, 0, 0);
  port.postMessage({ service, method, args });
  while (Atomics.load(signal, 0) === 0) Atomics.wait(signal, 0, 0); // the last answer's wake-up may come late
  const { value, error } = receiveMessageOnPort(port).message;
  if (error !== undefined) throw new Error(error);
  return value;
}

/** A service of which only these methods may be called. */
function only(name, methods) {
  return new Proxy(methods, {
    get(target, method) {
      if (Object.hasOwn(target, method)) return target[method];
      return () => {
        throw new Error(`You do not have permission to call ${name}.${String(method)}`);
      };
    },
  });
}

const cache = only('Cache', {
  get: (name) => call('cache', 'getAll', [name])[name] ?? null,
  getAll: (names) => call('cache', 'getAll', Array.from(names)),
  put: (name, value, seconds) => call('cache', 'putAll', { [name]: value }, seconds),
  putAll: (values, seconds) => call('cache', 'putAll', { ...values }, seconds),
  remove: (name) => call('cache', 'removeAll', [name]),
  removeAll: (names) => call('cache', 'removeAll', Array.from(names)),
});

const lock = only('Lock', {
  tryLock: (milliseconds) => call('lock', 'tryLock', milliseconds),
  releaseLock: () => call('lock', 'leave'),
});

function store(name) {
  return only('Properties', {
    getProperty: (key) => call('properties', 'get', name)[key] ?? null,
    getProperties: () => call('properties', 'get', name),
    setProperty: (key, value) => call('properties', 'set', name, { [key]: value }),
    setProperties: (values) => call('properties', 'set', name, { ...values }),
    deleteProperty: (key) => call('properties', 'remove', name, key),
  });
}

function fetch(url, options) {
  const unknown = Object.keys(options).find((name) => !FETCH_OPTIONS.includes(name));
  if (unknown) throw new Error(`Attribute provided with invalid value: ${unknown}`);
  if (url.length > 2048) throw new Error('Limit Exceeded: URLFetch URL Length.');
  const { status, text } = call('fetching', 'fetch', url, { method: 'get', ...options, headers: { ...options.headers } });
  return only('HTTPResponse', { getResponseCode: () => status, getContentText: () => text });
}

/** Without a character set only ASCII passes, as in Apps Script. */
function bytesOf(text, charset) {
  return Buffer.from(charset === 'UTF-8' ? text : text.replace(/[^\x00-\x7f]/g, '?'), 'utf8');
}

const utilities = only('Utilities', {
  Charset: { UTF_8: 'UTF-8', US_ASCII: 'US-ASCII' },
  DigestAlgorithm: { SHA_256: 'sha256' },
  computeHmacSha256Signature: (text, key, charset) => {
    const digest = crypto.createHmac('sha256', bytesOf(key, charset)).update(bytesOf(text, charset)).digest();
    return Array.from(new Int8Array(digest));
  },
  computeDigest: (algorithm, text, charset) => {
    return Array.from(new Int8Array(crypto.createHash(algorithm).update(bytesOf(text, charset)).digest()));
  },
  base64EncodeWebSafe: (bytes) => Buffer.from(Int8Array.from(bytes).buffer).toString('base64').replace(/\+/g, '-').replace(/\//g, '_'),
  formatDate: (date, zone, pattern) => {
    const wanted = { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' };
    const parts = new Intl.DateTimeFormat('en-CA', wanted).formatToParts(new Date(date.getTime()));
    const part = (type) => parts.find((each) => each.type === type).value;
    return pattern.replace('yyyy', part('year').padStart(4, '0')).replace('MM', part('month')).replace('dd', part('day'));
  },
  sleep: (milliseconds) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds),
});

function forCells() {
  const spreadsheet = only('Spreadsheet', {
    getId: () => job.spreadsheet,
    getSpreadsheetTimeZone: () => job.time_zone,
  });
  return {
    ...Object.fromEntries(FORBIDDEN.map((name) => [name, only(name, {})])),
    CacheService: only('CacheService', { getDocumentCache: () => (job.is_bound ? cache : null) }),
    LockService: only('LockService', { getDocumentLock: () => (job.is_bound ? lock : null) }),
    PropertiesService: only('PropertiesService', { getDocumentProperties: () => (job.is_bound ? store('document') : null) }),
    Session: only('Session', { getActiveUserLocale: () => job.locale }),
    SpreadsheetApp: only('SpreadsheetApp', { getActiveSpreadsheet: () => spreadsheet }),
    UrlFetchApp: only('UrlFetchApp', { fetch }),
    Utilities: utilities,
    console: { log() {}, info() {}, warn() {}, error() {} },
  };
}

function forMenu(context) {
  const services = forCells();
  const spreadsheet = only('Spreadsheet', {
    getId: () => job.spreadsheet,
    getRangeByName: (name) => {
      const found = call('spreadsheet', 'named', name);
      return found && { getValue: () => found.value, setValue: (value) => call('spreadsheet', 'write', found.place, value) };
    },
    toast: (text) => void call('ui', 'show', { toast: text }),
  });
  return {
    ...services,
    SpreadsheetApp: only('SpreadsheetApp', { getActiveSpreadsheet: () => spreadsheet, getUi: () => userInterface }),
    PropertiesService: only('PropertiesService', {
      getDocumentProperties: () => store('document'),
      getScriptProperties: () => store('script'),
    }),
    ScriptApp: only('ScriptApp', { getIdentityToken: () => job.identity_token }),
    HtmlService: only('HtmlService', { createTemplateFromFile: (name) => template(name, context) }),
  };
}

const userInterface = only('Ui', {
  Button: { OK: 'OK', CANCEL: 'CANCEL' },
  ButtonSet: { OK: 'OK', OK_CANCEL: 'OK_CANCEL' },
  alert: (...texts) => call('ui', 'show', { alert: texts }),
  showModalDialog: (page, title) => void call('ui', 'show', { title, html: page.html }),
  createAddonMenu: () => {
    const items = [];
    const menu = {
      addItem: (label, run) => (items.push([label, run]), menu),
      addSeparator: () => menu,
      addToUi: () => void call('ui', 'show', { menu: items }),
    };
    return menu;
  },
});

/** A page whose `<?= … ?>` are filled in, escaped for HTML. */
function template(name, context) {
  const source = fs.readFileSync(path.join(job.folder, `${name}.html`), 'utf8');
  const page = { setWidth: () => page, setHeight: () => page };
  return {
    evaluate() {
      const { evaluate, ...names } = this;
      page.html = source.replace(/<\?= (.*?) \?>/g, (_, expression) => {
        const made = vm.compileFunction(`return ${expression};`, Object.keys(names), { parsingContext: context });
        return escaped(String(made(...Object.values(names))));
      });
      return page;
    },
  };
}

function escaped(text) {
  const named = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (sign) => named[sign]);
}

/** An argument as Sheets hands it over: a date is a Date. */
function argument(value) {
  if (Array.isArray(value)) return value.map(argument);
  return value !== null && typeof value === 'object' ? new Date(value.date) : value;
}

/** A result as Sheets takes it. */
function result(value) {
  if (Array.isArray(value)) return value.map((row) => (Array.isArray(row) ? row.map(result) : [result(row)]));
  if (value === null || value === undefined) return '';
  if (Object.prototype.toString.call(value) === '[object Date]') return { date: value.toISOString() };
  if (typeof value === 'number' && !Number.isFinite(value)) return { error: '#NUM!', message: 'Not a number.' };
  if (typeof value === 'object' || typeof value === 'function') throw new Error('The result is no value of a cell.');
  return value;
}

parentPort.on('message', ({ name, args, mode }) => {
  try {
    const context = vm.createContext({});
    Object.assign(context, mode === 'menu' ? forMenu(context) : forCells());
    for (const script of SCRIPTS) script.runInContext(context);
    if (typeof context[name] !== 'function') throw new Error(`Script function not found: ${name}`);
    parentPort.postMessage({ value: result(context[name](...args.map(argument))) });
  } catch (error) {
    parentPort.postMessage({ error: error.message ?? String(error) });
  }
});

// @ts-check
/**
 * Talks to the Scorecell server: one signed request per call, one retry, and a sentence for everything that fails.
 *
 * A custom function has no user. It signs with the key that "Connect this spreadsheet" put into the document's
 * properties; the server knows which spreadsheet the key is for and what it may see.
 *
 * @typedef {{server: string, key: string, spreadsheet: string}} ScorecellConnection
 * @typedef {{document: Object<string, *>, problem: string, mayRetry: boolean}} ScorecellOutcome
 */
const ScorecellClient = (() => {
  const SERVER = 'SCORECELL_SERVER';
  const KEY = 'SCORECELL_KEY';
  /** A custom function has 30 seconds and the server takes up to 20: no second attempt after a slow first one. */
  const RETRY_WITHIN_MS = 8000;

  /** The document's properties. Throws a sentence outside a spreadsheet. */
  function properties() {
    const found = PropertiesService.getDocumentProperties();
    if (!found) throw new Error(ScorecellWords.say('no_properties'));
    return found;
  }

  /**
   * The server and the key of this spreadsheet. Throws what to do where there are none.
   * @returns {ScorecellConnection}
   */
  function connection() {
    const { [SERVER]: server, [KEY]: key } = properties().getProperties(); // one read of the day's 50,000
    if (!server || !key) throw new Error(ScorecellWords.say('not_connected'));
    return { server, key, spreadsheet: SpreadsheetApp.getActiveSpreadsheet().getId() };
  }

  /**
   * Answer questions in one request, in their order. Throws a sentence.
   * @param {ScorecellConnection} link @param {ScorecellQuestion[]} questions
   * @returns {ScorecellAnswer[]}
   */
  function answers(link, questions) {
    const reply = post(link, '/v1/kpi', { ...columns(questions), language: ScorecellWords.language() });
    const values = reply.values;
    const isWhole = Array.isArray(values) && values.length === questions.length;
    if (!isWhole) throw new Error(ScorecellWords.say('bad_answer', link.server));
    return values.map((value, index) => answer(link, value, (reply.states || {})[index]));
  }

  /**
   * One answer. What is none is an error of its own cell; it says nothing about its neighbours.
   * @param {ScorecellConnection} link @param {*} value @param {{state: string, message?: string}|undefined} state
   * @returns {ScorecellAnswer}
   */
  function answer(link, value, state) {
    const isNumber = typeof value === 'number' && isFinite(value);
    const isKnown = isNumber || (value === null && state && state.state);
    if (!isKnown) return { value: null, state: 'error', message: ScorecellWords.say('bad_answer', link.server) };
    return { value, state: state ? state.state : '', message: (state && state.message) || '' };
  }

  /**
   * The distinct words of each part, and per question the number of its word in each.
   * @param {ScorecellQuestion[]} questions
   */
  function columns(questions) {
    const parts = [0, 1, 2, 3].map(() => new Map());
    const cells = questions.map((question) => question.map((each, part) => code(parts[part], each)));
    const [kpi, who, period, show] = parts.map((part) => Array.from(part.keys()));
    return { kpi, who, period, show, cells };
  }

  /** @param {Map<string, number>} known @param {string} each @returns {number} */
  function code(known, each) {
    if (!known.has(each)) known.set(each, known.size);
    return /** @type {number} */ (known.get(each));
  }

  /**
   * The rows of one of the server's tables for a body, the header first. Throws a sentence.
   * @param {string} path @param {Object<string, *>} body @returns {Array<Array<*>>}
   */
  function rows(path, body) {
    const link = connection();
    return rowsOf(link, post(link, path, body));
  }

  /**
   * The rows of a list that the server has at an address, the header first. Throws a sentence.
   * @param {string} path @param {Object<string, string>} query @returns {Array<Array<*>>}
   */
  function rowsAt(path, query) {
    const link = connection();
    const pairs = Object.keys(query).map((name) => `${name}=${encodeURIComponent(query[name])}`);
    const request = () => ({ method: 'get', headers: signature(link, '') });
    return rowsOf(link, call(link.server, `${path}?${pairs.join('&')}`, request));
  }

  /** @param {ScorecellConnection} link @param {Object<string, *>} document @returns {Array<Array<*>>} */
  function rowsOf(link, document) {
    const found = document.rows;
    const isTable = Array.isArray(found) && found.length > 0 && found.every(Array.isArray);
    if (!isTable) throw new Error(ScorecellWords.say('bad_answer', link.server));
    return found;
  }

  /**
   * The server's answer to a signed body. Throws a sentence.
   * @param {ScorecellConnection} link @param {string} path @param {Object<string, *>} body
   * @returns {Object<string, *>}
   */
  function post(link, path, body) {
    const payload = JSON.stringify(body);
    return call(link.server, path, () => ({ method: 'post', payload, headers: signature(link, payload) }));
  }

  /**
   * The headers that prove who asks, for five minutes.
   * @param {ScorecellConnection} link @param {string} payload
   */
  function signature(link, payload) {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const bytes = Utilities.computeHmacSha256Signature(`${timestamp}.${payload}`, link.key, Utilities.Charset.UTF_8);
    return {
      'X-Scorecell-Spreadsheet': link.spreadsheet,
      'X-Scorecell-Timestamp': timestamp,
      'X-Scorecell-Signature': hex(bytes),
    };
  }

  /** Apps Script gives bytes from -128 to 127. @param {number[]} bytes @returns {string} */
  function hex(bytes) {
    return bytes.map((byte) => (byte & 255).toString(16).padStart(2, '0')).join('');
  }

  /**
   * Call the server, a second time where it was away or failed at once, and return its JSON object. Throws a sentence.
   * @param {string} server @param {string} path @param {() => Object<string, any>} request made anew per attempt
   * @returns {Object<string, *>}
   */
  function call(server, path, request) {
    const startedAt = Date.now();
    let outcome = attempt(server, path, request());
    if (outcome.mayRetry && Date.now() - startedAt < RETRY_WITHIN_MS) outcome = attempt(server, path, request());
    if (outcome.problem) throw new Error(outcome.problem);
    return outcome.document;
  }

  /**
   * @param {string} server @param {string} path @param {Object<string, *>} request
   * @returns {ScorecellOutcome}
   */
  function attempt(server, path, request) {
    const options = { contentType: 'application/json', muteHttpExceptions: true, followRedirects: false };
    let response;
    try {
      response = UrlFetchApp.fetch(server + path, Object.assign(options, request));
    } catch (error) {
      return unreached(server, reason(error));
    }
    const outcome = read(server, response.getResponseCode(), response.getContentText('UTF-8'));
    const isSigned = 'X-Scorecell-Signature' in request.headers;
    const isStranger = isSigned && response.getResponseCode() === 401;
    return isStranger ? Object.assign(outcome, { problem: ScorecellWords.say('connect_again') }) : outcome;
  }

  /** @param {string} server @param {string} reason as Google says it @returns {ScorecellOutcome} */
  function unreached(server, reason) {
    const isQuota = /too many times/i.test(reason);
    const problem = isQuota
      ? ScorecellWords.say('quota_used')
      : ScorecellWords.say('server_unreachable', server, reason);
    return { document: {}, problem, mayRetry: !isQuota };
  }

  /** @param {string} server @param {number} status @param {string} text @returns {ScorecellOutcome} */
  function read(server, status, text) {
    const document = parsed(text);
    if (status === 200 && document) return { document, problem: '', mayRetry: false };
    return { document: {}, problem: problemOf(server, status, document), mayRetry: status >= 500 };
  }

  /** @param {string} server @param {number} status @param {Object<string, *>|null} document @returns {string} */
  function problemOf(server, status, document) {
    const said = document && typeof document.error === 'string' ? document.error : '';
    if (status >= 500) return said || ScorecellWords.say('server_failed', status);
    if (status < 400 || !document) return ScorecellWords.say('bad_answer', server);
    return said || ScorecellWords.say('refused', status);
  }

  /** The text's JSON object, or null. @param {string} text @returns {Object<string, *>|null} */
  function parsed(text) {
    try {
      const document = JSON.parse(text);
      return document !== null && typeof document === 'object' && !Array.isArray(document) ? document : null;
    } catch (error) {
      return null; // a page of something else: what it is, problemOf says
    }
  }

  /** What an error says. Those of Google's services are not `Error`s. @param {*} error @returns {string} */
  function reason(error) {
    return String((error && error.message) || error);
  }

  return Object.freeze({ SERVER, KEY, properties, connection, answers, rows, rowsAt, post, call, reason });
})();

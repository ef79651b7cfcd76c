// @ts-check
/**
 * Exchanges the user's identity for a key of this spreadsheet, and gives it back.
 *
 * The identity token says who the user is and that Google said so; the server checks both, and whether this user may
 * connect. The key stays in the document's properties, which of a published add-on only its own code can read.
 */
const ScorecellConnecting = (() => {
  /** Plain http only to the own machine, where no one can listen. */
  const ADDRESS = /^(https:\/\/[a-z0-9.-]+(:\d+)?|http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?)$/i;

  /** The server's address as this spreadsheet or the add-on's owner knows it, or ''. @returns {string} */
  function address() {
    const owners = PropertiesService.getScriptProperties();
    const known = ScorecellClient.properties().getProperty(ScorecellClient.SERVER);
    return known || (owners && owners.getProperty(ScorecellClient.SERVER)) || '';
  }

  /** Get a key and keep it. Throws a sentence. @param {string} given @returns {string} what to tell the user */
  function connect(given) {
    const server = String(given || '').trim().replace(/\/+$/, '');
    if (!ADDRESS.test(server)) throw new Error(ScorecellWords.say('connect_bad_address'));
    const { key, limit } = send(server, '/v1/connect');
    if (typeof key !== 'string' || key === '') throw new Error(ScorecellWords.say('bad_answer', server));
    const { SERVER, KEY } = ScorecellClient;
    ScorecellClient.properties().setProperties({ [SERVER]: server, [KEY]: key });
    const done = ScorecellWords.say('connect_done');
    return limit ? `${done} ${ScorecellWords.say('connect_limit', limit)}` : done;
  }

  /** Revoke the key; remove it here even when the server is away. Throws a sentence. @returns {string} what to tell */
  function disconnect() {
    const stored = ScorecellClient.properties();
    const server = stored.getProperty(ScorecellClient.SERVER);
    if (!server || !stored.getProperty(ScorecellClient.KEY)) throw new Error(ScorecellWords.say('not_connected'));
    const token = identity();
    stored.deleteProperty(ScorecellClient.KEY);
    try {
      send(server, '/v1/disconnect', token);
      return ScorecellWords.say('disconnect_done');
    } catch (error) {
      return ScorecellWords.say('disconnect_offline', ScorecellClient.reason(error));
    }
  }

  /** @param {string} server @param {string} path @param {string} [token] @returns {Object<string, *>} */
  function send(server, path, token = identity()) {
    const payload = JSON.stringify({ spreadsheet: SpreadsheetApp.getActiveSpreadsheet().getId() });
    return ScorecellClient.call(server, path, () => ({
      method: 'post',
      payload,
      headers: { Authorization: `Bearer ${token}` },
    }));
  }

  /** Google's word on who the user is. Throws a sentence without it. @returns {string} */
  function identity() {
    const token = ScriptApp.getIdentityToken();
    if (!token) throw new Error(ScorecellWords.say('connect_no_identity'));
    return token;
  }

  return Object.freeze({ address, connect, disconnect });
})();

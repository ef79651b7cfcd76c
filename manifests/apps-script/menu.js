// @ts-check
/**
 * The menu and what its entries do. These run for a user who has said yes to the permissions, unlike the custom
 * functions. Google calls each function by its name.
 */

/** @param {*} _event */
function onInstall(_event) {
  onOpen(_event);
}

/** @param {*} _event */
function onOpen(_event) {
  const { say } = ScorecellWords;
  SpreadsheetApp.getUi()
    .createAddonMenu()
    .addItem(say('menu_connect'), 'scorecellShowConnect')
    .addItem(say('menu_disconnect'), 'scorecellDisconnect')
    .addSeparator()
    .addItem(say('menu_refresh'), 'scorecellRefresh')
    .addItem(say('menu_revision'), 'scorecellExplainRevision')
    .addItem(say('menu_help'), 'scorecellHelp')
    .addToUi();
}

/** Show the dialog that connects this spreadsheet. */
function scorecellShowConnect() {
  const { say, language } = ScorecellWords;
  const page = HtmlService.createTemplateFromFile('connect');
  Object.assign(page, { say, language: language(), server: ScorecellConnecting.address() });
  const size = page.evaluate().setWidth(440).setHeight(330);
  SpreadsheetApp.getUi().showModalDialog(size, say('connect_title'));
}

/**
 * Get a key for this spreadsheet. The dialog calls it. Throws a sentence.
 * @param {string} server the address that the user gave
 * @returns {string} what to tell the user
 */
function scorecellConnect(server) {
  return ScorecellConnecting.connect(server);
}

/** Ask, then revoke the key of this spreadsheet. */
function scorecellDisconnect() {
  const { say } = ScorecellWords;
  const ui = SpreadsheetApp.getUi();
  const choice = ui.alert(say('disconnect_title'), say('disconnect_question'), ui.ButtonSet.OK_CANCEL);
  if (choice === ui.Button.OK) ui.alert(ScorecellConnecting.disconnect());
}

/** Have every cell computed again that takes KPI_REVISION. */
function scorecellRefresh() {
  const { say } = ScorecellWords;
  const cell = SpreadsheetApp.getActiveSpreadsheet().getRangeByName('KPI_REVISION');
  if (cell === null) {
    SpreadsheetApp.getUi().alert(say('revision_missing'));
    return;
  }
  // Refreshes of the server count in whole numbers: a thousandth more is never one of them.
  cell.setValue(Number(cell.getValue()) + 0.001);
  SpreadsheetApp.getActiveSpreadsheet().toast(say('refresh_done'), 'Scorecell');
}

/** Say what KPI_REVISION is for, and whether it is there. */
function scorecellExplainRevision() {
  const { say } = ScorecellWords;
  const isThere = SpreadsheetApp.getActiveSpreadsheet().getRangeByName('KPI_REVISION') !== null;
  const text = isThere ? say('revision_text') : `${say('revision_text')}\n\n${say('revision_missing')}`;
  const ui = SpreadsheetApp.getUi();
  ui.alert(say('revision_title'), text, ui.ButtonSet.OK);
}

/** Say how to write the formulas. */
function scorecellHelp() {
  const ui = SpreadsheetApp.getUi();
  ui.alert('Scorecell', ScorecellWords.say('help_text'), ui.ButtonSet.OK);
}

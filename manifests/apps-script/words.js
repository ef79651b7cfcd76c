// @ts-check
/**
 * Everything that Scorecell says in a sheet, in English and French. `{0}`, `{1}` stand for what is filled in.
 * Both languages have the same entries.
 */
const ScorecellWords = (() => {
  /** @type {Object<string, Object<string, string>>} */
  const TEXTS = {
    en: {
      ok: 'ok',
      state_partial: 'partial',
      state_stale: 'stale',
      state_no_data: 'no data',
      state_no_target: 'no target',
      state_zero_denominator: 'nothing to divide by',
      state_not_synced: 'not synced',
      state_not_allowed: 'not allowed',
      status_2: 'ahead',
      status_1: 'on track',
      status_0: 'at risk',
      'status_-1': 'behind',
      not_connected: 'Connect this spreadsheet: Extensions > Scorecell > Connect.',
      connect_again: 'The key of this spreadsheet is not valid. Connect this spreadsheet: Extensions > Scorecell > Connect.',
      server_failed: 'The Scorecell server cannot answer right now ({0}). Try again in a minute.',
      server_unreachable: 'The Scorecell server at {0} cannot be reached. Try again in a minute, or check the address. ({1})',
      server_slow: 'The Scorecell server takes too long to answer. Try again in a minute.',
      quota_used: "Google's daily limit of requests of this account is used up. Ask with ranges, which take one request each.",
      bad_answer: 'The answer of {0} is not one of a Scorecell server. Check its address.',
      refused: 'The Scorecell server refused the question ({0}).',
      error_cell: 'The argument is an error itself ({0}). Correct that cell first.',
      too_many_cells: '{0} cells are more than the {1} that one formula can ask. Split the range.',
      uneven: 'The ranges do not fit together: {0}. Give one range of rows and one of columns, or ranges of one size.',
      one_value: '{0} must be one cell, not a range.',
      bad_count: 'The number of periods must be a whole number of 1 or more, not {0}.',
      no_properties: 'Scorecell works only inside a spreadsheet. Open it from the spreadsheet\'s menu.',
      menu_connect: 'Connect this spreadsheet',
      menu_disconnect: 'Disconnect',
      menu_revision: 'About KPI_REVISION',
      menu_refresh: 'Refresh now',
      menu_help: 'Help',
      connect_title: 'Connect this spreadsheet',
      connect_intro: 'Scorecell checks who you are and gives this spreadsheet a key of its own.',
      connect_warning: 'Whoever edits this spreadsheet sees what its key may see, also people without a Salesforce account. Disconnect it before you share it more widely.',
      connect_server: 'Address of your Scorecell server',
      connect_button: 'Connect',
      connect_working: 'Connecting…',
      connect_done: 'Connected. Try =KPI("revenue","","this month").',
      connect_limit: 'This spreadsheet sees only {0}.',
      connect_bad_address: 'The address must begin with https://, for example https://scorecell.example.com.',
      connect_no_identity: 'Google did not say who you are. Accept the permissions that Scorecell asks for, then try again.',
      disconnect_title: 'Disconnect',
      disconnect_question: 'The key of this spreadsheet is revoked; its KPI formulas show an error from then on. Disconnect?',
      disconnect_done: 'Disconnected. The key is revoked.',
      disconnect_offline: 'The key was removed from this spreadsheet, but the server could not be told to revoke it: {0}',
      revision_title: 'KPI_REVISION',
      revision_text: 'Cells are computed again when an argument changes. Give KPI_REVISION as the last argument and they follow every refresh:\n\n=KPI("revenue","","this month","value",KPI_REVISION)\n\nIn a spreadsheet that separates arguments with semicolons, write ; instead of ,.',
      revision_missing: 'The name KPI_REVISION does not exist here yet. Scorecell adds it with the first KPI tab that it writes.',
      refresh_done: 'All formulas that take KPI_REVISION are computed again.',
      help_text: '=KPI(kpi, who, period) gives one number:\n=KPI("win_rate","Ann","2026-Q3")\n\nGive ranges instead of single cells and the result spills. =KPI_LIST() names all KPIs, =KPI_EXPLAIN(kpi, who, period) says what a number is made of, =KPI_STATUS(kpi, who, period) why there is none.',
    },
    fr: {
      ok: 'ok',
      state_partial: 'partiel',
      state_stale: 'pas à jour',
      state_no_data: 'aucune donnée',
      state_no_target: 'aucun objectif',
      state_zero_denominator: 'rien à diviser',
      state_not_synced: 'non synchronisé',
      state_not_allowed: 'non autorisé',
      status_2: 'en avance',
      status_1: 'en bonne voie',
      status_0: 'à risque',
      'status_-1': 'en retard',
      not_connected: 'Connectez cette feuille de calcul : Extensions > Scorecell > Connecter.',
      connect_again: 'La clé de cette feuille de calcul n\'est pas valable. Connectez cette feuille de calcul : Extensions > Scorecell > Connecter.',
      server_failed: 'Le serveur Scorecell ne peut pas répondre pour le moment ({0}). Réessayez dans une minute.',
      server_unreachable: 'Le serveur Scorecell {0} est injoignable. Réessayez dans une minute, ou vérifiez l\'adresse. ({1})',
      server_slow: 'Le serveur Scorecell met trop de temps à répondre. Réessayez dans une minute.',
      quota_used: 'La limite quotidienne de requêtes Google de ce compte est atteinte. Demandez des plages : chacune ne prend qu\'une requête.',
      bad_answer: 'La réponse de {0} n\'est pas celle d\'un serveur Scorecell. Vérifiez son adresse.',
      refused: 'Le serveur Scorecell a refusé la question ({0}).',
      error_cell: 'L\'argument est lui-même une erreur ({0}). Corrigez d\'abord cette cellule.',
      too_many_cells: '{0} cellules dépassent les {1} qu\'une formule peut demander. Divisez la plage.',
      uneven: 'Les plages ne vont pas ensemble : {0}. Donnez une plage en lignes et une en colonnes, ou des plages de même taille.',
      one_value: '{0} doit être une cellule, pas une plage.',
      bad_count: 'Le nombre de périodes doit être un entier d\'au moins 1, pas {0}.',
      no_properties: 'Scorecell ne fonctionne que dans une feuille de calcul. Ouvrez-le depuis son menu.',
      menu_connect: 'Connecter cette feuille de calcul',
      menu_disconnect: 'Déconnecter',
      menu_revision: 'À propos de KPI_REVISION',
      menu_refresh: 'Actualiser maintenant',
      menu_help: 'Aide',
      connect_title: 'Connecter cette feuille de calcul',
      connect_intro: 'Scorecell vérifie qui vous êtes et donne à cette feuille de calcul sa propre clé.',
      connect_warning: 'Quiconque modifie cette feuille de calcul voit ce que sa clé permet de voir, même sans compte Salesforce. Déconnectez-la avant de la partager plus largement.',
      connect_server: 'Adresse de votre serveur Scorecell',
      connect_button: 'Connecter',
      connect_working: 'Connexion…',
      connect_done: 'Connectée. Essayez =KPI("revenue";"";"ce mois-ci").',
      connect_limit: 'Cette feuille de calcul ne voit que {0}.',
      connect_bad_address: 'L\'adresse doit commencer par https://, par exemple https://scorecell.example.com.',
      connect_no_identity: 'Google n\'a pas dit qui vous êtes. Acceptez les autorisations que Scorecell demande, puis réessayez.',
      disconnect_title: 'Déconnecter',
      disconnect_question: 'La clé de cette feuille de calcul sera révoquée ; ses formules KPI afficheront une erreur. Déconnecter ?',
      disconnect_done: 'Déconnectée. La clé est révoquée.',
      disconnect_offline: 'La clé a été retirée de cette feuille de calcul, mais le serveur n\'a pas pu la révoquer : {0}',
      revision_title: 'KPI_REVISION',
      revision_text: 'Une cellule est recalculée quand un argument change. Donnez KPI_REVISION comme dernier argument et elle suit chaque actualisation :\n\n=KPI("revenue";"";"ce mois-ci";"value";KPI_REVISION)\n\nDans une feuille de calcul qui sépare les arguments par des virgules, écrivez , au lieu de ;.',
      revision_missing: 'Le nom KPI_REVISION n\'existe pas encore ici. Scorecell l\'ajoute avec le premier onglet de KPI qu\'il écrit.',
      refresh_done: 'Toutes les formules qui prennent KPI_REVISION sont recalculées.',
      help_text: '=KPI(kpi; qui; période) donne un nombre :\n=KPI("win_rate";"Ann";"2026-Q3")\n\nDonnez des plages au lieu de cellules et le résultat se répand. =KPI_LIST() nomme tous les KPI, =KPI_EXPLAIN(kpi; qui; période) dit de quoi un nombre est fait, =KPI_STATUS(kpi; qui; période) pourquoi il n\'y en a pas.',
    },
  };

  /** @type {string} each execution starts anew, so that this is one user's */
  let spoken = '';

  /** The user's language as far as we speak it. @returns {string} */
  function language() {
    if (!spoken) spoken = /^fr/i.test(Session.getActiveUserLocale() || '') ? 'fr' : 'en';
    return spoken;
  }

  /**
   * The text of an entry in the user's language.
   * @param {string} name
   * @param {...(string|number)} values what {0}, {1} stand for
   * @returns {string}
   */
  function say(name, ...values) {
    const text = TEXTS[language()][name];
    if (text === undefined) throw new Error(`No text is called ${name}.`);
    return text.replace(/\{(\d)\}/g, (_, index) => String(values[Number(index)]));
  }

  /** Whether there is such an entry. @param {string} name @returns {boolean} */
  function knows(name) {
    return Object.prototype.hasOwnProperty.call(TEXTS.en, name);
  }

  return Object.freeze({ TEXTS, language, say, knows });
})();

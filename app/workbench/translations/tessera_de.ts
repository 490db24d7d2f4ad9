<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>AgentWords</name>
    <message>
        <source>the identity provider gave no refresh token: the sign-in ends with its access token</source>
        <translation>der Identitätsanbieter hat kein Token zum Erneuern gegeben: die Anmeldung endet mit ihrem Zugangstoken</translation>
    </message>
    <message>
        <source>the sign-in ends with the agent: %1</source>
        <translation>die Anmeldung endet mit dem Agenten: %1</translation>
    </message>
    <message>
        <source>you are not signed in to &apos;%1&apos;: %2</source>
        <translation>Sie sind bei „%1“ nicht angemeldet: %2</translation>
    </message>
    <message>
        <source>you are not signed in to &apos;%1&apos;</source>
        <translation>Sie sind bei „%1“ nicht angemeldet</translation>
    </message>
    <message>
        <source>the sign-in to &apos;%1&apos; has ended</source>
        <translation>die Anmeldung bei „%1“ ist zu Ende</translation>
    </message>
    <message>
        <source>the identity provider has ended the sign-in</source>
        <translation>der Identitätsanbieter hat die Anmeldung beendet</translation>
    </message>
    <message>
        <source>another agent has signed out</source>
        <translation>ein anderer Agent hat abgemeldet</translation>
    </message>
    <message>
        <source>you have signed out</source>
        <translation>Sie haben sich abgemeldet</translation>
    </message>
    <message>
        <source>nobody has signed in within ten minutes</source>
        <translation>in zehn Minuten hat sich niemand angemeldet</translation>
    </message>
    <message>
        <source>the sign-in was given up</source>
        <translation>die Anmeldung wurde aufgegeben</translation>
    </message>
    <message>
        <source>the identity provider has no page to sign in at</source>
        <translation>der Identitätsanbieter hat keine Seite zum Anmelden</translation>
    </message>
    <message>
        <source>the identity provider gave no refresh token</source>
        <translation>der Identitätsanbieter hat kein Token zum Erneuern gegeben</translation>
    </message>
    <message>
        <source>that was the sign-in of %1, and you are signed in as %2</source>
        <translation>das war die Anmeldung von %1, und Sie sind als %2 angemeldet</translation>
    </message>
    <message>
        <source>the identity provider says: %1</source>
        <translation>der Identitätsanbieter sagt: %1</translation>
    </message>
    <message>
        <source>another identity provider has answered</source>
        <translation>ein anderer Identitätsanbieter hat geantwortet</translation>
    </message>
    <message>
        <source>the identity provider has answered without a code</source>
        <translation>der Identitätsanbieter hat ohne Code geantwortet</translation>
    </message>
    <message>
        <source>cannot reach the identity provider at &apos;%1&apos;: %2</source>
        <translation>der Identitätsanbieter ist unter „%1“ nicht zu erreichen: %2</translation>
    </message>
    <message>
        <source>run &apos;tessera login %1&apos;</source>
        <translation>melden Sie sich mit „tessera login %1“ an</translation>
    </message>
    <message>
        <source>is this machine online, and is the profile&apos;s issuer right?</source>
        <translation>ist dieser Rechner im Netz, und stimmt der Aussteller im Profil?</translation>
    </message>
    <message>
        <source>sign in as the same person</source>
        <translation>melden Sie sich als dieselbe Person an</translation>
    </message>
    <message>
        <source>try again</source>
        <translation>versuchen Sie es noch einmal</translation>
    </message>
</context>
<context>
    <name>Chart</name>
    <message>
        <source>There is nothing above zero to share out.</source>
        <translation>Über null ist nichts, das sich aufteilen ließe.</translation>
    </message>
</context>
<context>
    <name>ColumnMenu</name>
    <message>
        <source>Shown columns</source>
        <translation>Gezeigte Spalten</translation>
    </message>
    <message>
        <source>Show all</source>
        <translation>Alle zeigen</translation>
    </message>
    <message>
        <source>Sort ascending</source>
        <translation>Aufsteigend sortieren</translation>
    </message>
    <message>
        <source>Sort descending</source>
        <translation>Absteigend sortieren</translation>
    </message>
    <message>
        <source>As it came</source>
        <translation>Wie gekommen</translation>
    </message>
    <message>
        <source>Statistics</source>
        <translation>Statistik</translation>
    </message>
    <message>
        <source>Hide column</source>
        <translation>Spalte ausblenden</translation>
    </message>
    <message>
        <source>Move left</source>
        <translation>Nach links</translation>
    </message>
    <message>
        <source>Move right</source>
        <translation>Nach rechts</translation>
    </message>
    <message>
        <source>Unfreeze columns</source>
        <translation>Spalten lösen</translation>
    </message>
    <message>
        <source>Freeze up to here</source>
        <translation>Bis hier festhalten</translation>
    </message>
</context>
<context>
    <name>CronPattern</name>
    <message>
        <source>%1 (here %2)</source>
        <translation>%1 (hier %2)</translation>
    </message>
</context>
<context>
    <name>Duration</name>
    <message>
        <source>%1 s</source>
        <translation>%1 s</translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation>%1 min</translation>
    </message>
    <message>
        <source>%1 h %2 min</source>
        <translation>%1 h %2 min</translation>
    </message>
</context>
<context>
    <name>EndpointForms</name>
    <message>
        <source>no</source>
        <translation>nein</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>ja</translation>
    </message>
    <message>
        <source>Only these values</source>
        <translation>Nur diese Werte</translation>
    </message>
    <message>
        <source>With commas between; any when empty</source>
        <translation>Mit Kommas dazwischen; leer: jeder</translation>
    </message>
    <message>
        <source>At least</source>
        <translation>Mindestens</translation>
    </message>
    <message>
        <source>At most</source>
        <translation>Höchstens</translation>
    </message>
    <message>
        <source>Longest text</source>
        <translation>Längster Text</translation>
    </message>
    <message>
        <source>In characters</source>
        <translation>In Zeichen</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Lower-case letters, digits, - and _</source>
        <translation>Kleinbuchstaben, Ziffern, - und _</translation>
    </message>
    <message>
        <source>What it is for</source>
        <translation>Wozu er da ist</translation>
    </message>
    <message>
        <source>For people</source>
        <translation>Für Menschen</translation>
    </message>
    <message>
        <source>Tags</source>
        <translation>Schlagwörter</translation>
    </message>
    <message>
        <source>With commas between</source>
        <translation>Mit Kommas dazwischen</translation>
    </message>
    <message>
        <source>May be called by</source>
        <translation>Aufrufen dürfen ihn</translation>
    </message>
    <message>
        <source>Roles with commas between; everybody when empty</source>
        <translation>Rollen mit Kommas dazwischen; leer: alle</translation>
    </message>
    <message>
        <source>On the nodes</source>
        <translation>Auf den Knoten</translation>
    </message>
    <message>
        <source>Names with commas between; all when empty</source>
        <translation>Namen mit Kommas dazwischen; leer: alle</translation>
    </message>
    <message>
        <source>Changes rows</source>
        <translation>Ändert Zeilen</translation>
    </message>
    <message>
        <source>Pages by</source>
        <translation>Seiten nach</translation>
    </message>
    <message>
        <source>Columns that tell rows apart, in the order of the rows, like day desc, id</source>
        <translation>Spalten, die Zeilen unterscheiden, in deren Reihenfolge, etwa day desc, id</translation>
    </message>
    <message>
        <source>Rows of a page</source>
        <translation>Zeilen je Seite</translation>
    </message>
    <message>
        <source>Most rows of a page</source>
        <translation>Höchstens je Seite</translation>
    </message>
    <message>
        <source>Callers may sort by</source>
        <translation>Sortierbar nach</translation>
    </message>
    <message>
        <source>Columns with commas between</source>
        <translation>Spalten mit Kommas dazwischen</translation>
    </message>
    <message>
        <source>Answers are kept for</source>
        <translation>Antworten gelten</translation>
    </message>
    <message>
        <source>Seconds; never when empty</source>
        <translation>Sekunden; leer: gar nicht</translation>
    </message>
    <message>
        <source>Most calls of a person</source>
        <translation>Aufrufe je Person</translation>
    </message>
    <message>
        <source>In 60 s; any number when empty</source>
        <translation>In 60 s; leer: beliebig viele</translation>
    </message>
    <message>
        <source>In seconds</source>
        <translation>In Sekunden</translation>
    </message>
    <message>
        <source>Time-out in ms</source>
        <translation>Zeitgrenze in ms</translation>
    </message>
    <message>
        <source>Columns never NULL</source>
        <translation>Spalten nie NULL</translation>
    </message>
    <message>
        <source>Of which PostgreSQL does not know it</source>
        <translation>Von denen PostgreSQL das nicht weiß</translation>
    </message>
    <message>
        <source>Columns as JSON numbers</source>
        <translation>Spalten als JSON-Zahlen</translation>
    </message>
    <message>
        <source>bigint and numeric, else texts</source>
        <translation>bigint und numeric, sonst Texte</translation>
    </message>
    <message>
        <source>No parameters. The statement holds them as :name, and callers give their values.</source>
        <translation>Keine Parameter. In der Anweisung stehen sie als :name, und wer aufruft, gibt ihre Werte an.</translation>
    </message>
    <message>
        <source>Add parameter</source>
        <translation>Parameter hinzufügen</translation>
    </message>
    <message>
        <source>Remove this parameter</source>
        <translation>Diesen Parameter entfernen</translation>
    </message>
    <message>
        <source>Lower-case letters, digits and _</source>
        <translation>Kleinbuchstaben, Ziffern und _</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>Typ</translation>
    </message>
    <message>
        <source>What it is</source>
        <translation>Was es ist</translation>
    </message>
    <message>
        <source>Must be given</source>
        <translation>Muss angegeben werden</translation>
    </message>
    <message>
        <source>Several values</source>
        <translation>Mehrere Werte</translation>
    </message>
    <message>
        <source>Default</source>
        <translation>Vorgabe</translation>
    </message>
    <message>
        <source>NULL when empty</source>
        <translation>Leer: NULL</translation>
    </message>
    <message>
        <source>Example</source>
        <translation>Beispiel</translation>
    </message>
    <message>
        <source>Newest version</source>
        <translation>Neueste Version</translation>
    </message>
    <message>
        <source>A greater one where callers of this one would fail; the one before goes under &apos;older&apos;</source>
        <translation>Eine größere, wo Aufrufe dieser scheitern würden; die bisherige kommt unter „older“</translation>
    </message>
    <message>
        <source>What it describes</source>
        <translation>Was es beschreibt</translation>
    </message>
    <message>
        <source>Table or view</source>
        <translation>Tabelle oder Sicht</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>Schlüssel</translation>
    </message>
    <message>
        <source>Fields that tell rows apart, with commas between</source>
        <translation>Felder, die Zeilen unterscheiden, mit Kommas dazwischen</translation>
    </message>
    <message>
        <source>Also</source>
        <translation>Außerdem</translation>
    </message>
    <message>
        <source>Versions no longer served</source>
        <translation>Nicht mehr bediente Versionen</translation>
    </message>
    <message>
        <source>Numbers with commas between</source>
        <translation>Nummern mit Kommas dazwischen</translation>
    </message>
    <message>
        <source>No fields yet. Each is a column of the table, or computed from some.</source>
        <translation>Noch keine Felder. Jedes ist eine Spalte der Tabelle oder aus solchen berechnet.</translation>
    </message>
    <message>
        <source>Add field</source>
        <translation>Feld hinzufügen</translation>
    </message>
    <message>
        <source>Remove this field</source>
        <translation>Dieses Feld entfernen</translation>
    </message>
    <message>
        <source>choose</source>
        <translation>wählen</translation>
    </message>
    <message>
        <source>Column</source>
        <translation>Spalte</translation>
    </message>
    <message>
        <source>Of the same name when empty</source>
        <translation>Leer: die gleichnamige</translation>
    </message>
    <message>
        <source>Or computed as</source>
        <translation>Oder berechnet als</translation>
    </message>
    <message>
        <source>Never NULL</source>
        <translation>Nie NULL</translation>
    </message>
    <message>
        <source>Must be given to insert</source>
        <translation>Beim Einfügen nötig</translation>
    </message>
    <message>
        <source>Never written</source>
        <translation>Nie geschrieben</translation>
    </message>
    <message>
        <source>No relationships. By one, callers get rows of another model with these: include=orders.</source>
        <translation>Keine Beziehungen. Über eine bekommt man Zeilen eines anderen Modells dazu: include=orders.</translation>
    </message>
    <message>
        <source>Add relationship</source>
        <translation>Beziehung hinzufügen</translation>
    </message>
    <message>
        <source>Remove this relationship</source>
        <translation>Diese Beziehung entfernen</translation>
    </message>
    <message>
        <source>Leads to</source>
        <translation>Führt zu</translation>
    </message>
    <message>
        <source>Column here</source>
        <translation>Spalte hier</translation>
    </message>
    <message>
        <source>Its column there</source>
        <translation>Spalte dort</translation>
    </message>
    <message>
        <source>One row, no list</source>
        <translation>Eine Zeile, keine Liste</translation>
    </message>
</context>
<context>
    <name>EndpointListModel</name>
    <message>
        <source>everybody</source>
        <translation>alle</translation>
    </message>
    <message>
        <source>served</source>
        <translation>bedient</translation>
    </message>
    <message>
        <source>not served</source>
        <translation>nicht bedient</translation>
    </message>
    <message>
        <source>not called since the node was started</source>
        <translation>nicht aufgerufen, seit der Knoten läuft</translation>
    </message>
    <message numerus="yes">
        <source>%n calls by %1</source>
        <translation>
            <numerusform>%n Aufruf durch %1</numerusform>
            <numerusform>%n Aufrufe durch %1</numerusform>
        </translation>
    </message>
    <message>
        <source>Endpoint</source>
        <translation>Endpunkt</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>Methode</translation>
    </message>
    <message>
        <source>Version</source>
        <translation>Fassung</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>Parameter</translation>
    </message>
    <message>
        <source>Roles</source>
        <translation>Rollen</translation>
    </message>
    <message>
        <source>Calls</source>
        <translation>Aufrufe</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
</context>
<context>
    <name>EndpointRequest</name>
    <message>
        <source>It must be given.</source>
        <translation>Muss angegeben werden.</translation>
    </message>
    <message>
        <source>Not %1.</source>
        <translation>Erwartet: %1</translation>
    </message>
    <message>
        <source>One of: %1</source>
        <translation>Möglich: %1</translation>
    </message>
    <message>
        <source>At least %1.</source>
        <translation>Mindestens %1.</translation>
    </message>
    <message>
        <source>At most %1.</source>
        <translation>Höchstens %1.</translation>
    </message>
</context>
<context>
    <name>JobIdentity</name>
    <message>
        <source>Runs as the service user %1.</source>
        <translation>Läuft als Dienstbenutzer %1.</translation>
    </message>
    <message>
        <source>Runs as its owner, %1, by a grant of theirs.</source>
        <translation>Läuft als Eigentümer %1, mit dessen Vollmacht.</translation>
    </message>
    <message>
        <source>Is to run as its owner, %1, who has not let it: its runs fail until then.</source>
        <translation>Soll als Eigentümer %1 laufen, ohne dessen Vollmacht: bis es eine gibt, schlagen die Läufe fehl.</translation>
    </message>
    <message>
        <source>The grant of %1 has ended: %2. Runs fail until there is another.</source>
        <translation>Die Vollmacht von %1 gilt nicht mehr: %2. Bis es eine neue gibt, schlagen die Läufe fehl.</translation>
    </message>
    <message>
        <source>The grant of %1 ended on %2. Runs fail until there is another.</source>
        <translation>Die Vollmacht von %1 endete am %2. Bis es eine neue gibt, schlagen die Läufe fehl.</translation>
    </message>
    <message>
        <source>Runs as its owner, %1, by a grant until %2</source>
        <translation>Läuft als Eigentümer %1, mit einer Vollmacht bis %2</translation>
    </message>
    <message>
        <source>not used yet</source>
        <translation>noch nicht benutzt</translation>
    </message>
    <message>
        <source>last used %1</source>
        <translation>zuletzt benutzt %1</translation>
    </message>
</context>
<context>
    <name>JobListModel</name>
    <message>
        <source>cannot be read</source>
        <translation>nicht lesbar</translation>
    </message>
    <message>
        <source>running, then paused</source>
        <translation>läuft, dann angehalten</translation>
    </message>
    <message>
        <source>running</source>
        <translation>läuft</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>angehalten</translation>
    </message>
    <message>
        <source>ready</source>
        <translation>bereit</translation>
    </message>
    <message>
        <source>never ran</source>
        <translation>lief noch nie</translation>
    </message>
    <message>
        <source>by hand</source>
        <translation>von Hand</translation>
    </message>
    <message>
        <source>Job</source>
        <translation>Job</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Last run</source>
        <translation>Letzter Lauf</translation>
    </message>
    <message>
        <source>Next run</source>
        <translation>Nächster Lauf</translation>
    </message>
    <message>
        <source>Runs when</source>
        <translation>Läuft wann</translation>
    </message>
    <message>
        <source>Owner</source>
        <translation>Eigentümer</translation>
    </message>
</context>
<context>
    <name>JobRunsModel</name>
    <message>
        <source>being cancelled</source>
        <translation>wird abgebrochen</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>Lauf</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Started</source>
        <translation>Begonnen</translation>
    </message>
    <message>
        <source>Took</source>
        <translation>Dauer</translation>
    </message>
    <message>
        <source>Started by</source>
        <translation>Anlass</translation>
    </message>
    <message>
        <source>Node</source>
        <translation>Knoten</translation>
    </message>
</context>
<context>
    <name>JobStepsModel</name>
    <message>
        <source>Step</source>
        <translation>Schritt</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Took</source>
        <translation>Dauer</translation>
    </message>
    <message>
        <source>Rows</source>
        <translation>Zeilen</translation>
    </message>
    <message>
        <source>Attempts</source>
        <translation>Versuche</translation>
    </message>
    <message>
        <source>Problem</source>
        <translation>Problem</translation>
    </message>
</context>
<context>
    <name>Jobs</name>
    <message>
        <source>waiting</source>
        <translation>wartet</translation>
    </message>
    <message>
        <source>running</source>
        <translation>läuft</translation>
    </message>
    <message>
        <source>succeeded</source>
        <translation>erfolgreich</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>fehlgeschlagen</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>abgebrochen</translation>
    </message>
    <message>
        <source>left out</source>
        <translation>ausgelassen</translation>
    </message>
    <message>
        <source>blocked by a failed step</source>
        <translation>blockiert durch einen fehlgeschlagenen Schritt</translation>
    </message>
    <message>
        <source>schedule</source>
        <translation>Zeitplan</translation>
    </message>
    <message>
        <source>another job</source>
        <translation>anderer Job</translation>
    </message>
    <message>
        <source>backfill</source>
        <translation>Nachholung</translation>
    </message>
    <message>
        <source>by hand</source>
        <translation>von Hand</translation>
    </message>
    <message>
        <source>by %1</source>
        <translation>von %1</translation>
    </message>
</context>
<context>
    <name>MeshGraph</name>
    <message numerus="yes">
        <source>%n running</source>
        <translation>
            <numerusform>%n laufende</numerusform>
            <numerusform>%n laufende</numerusform>
        </translation>
    </message>
    <message>
        <source>%1/h</source>
        <translation>%1/h</translation>
    </message>
    <message>
        <source>Tessera %1</source>
        <translation>Tessera %1</translation>
    </message>
    <message>
        <source>Running statements</source>
        <translation>Laufende Anweisungen</translation>
    </message>
    <message>
        <source>answers in %1 ms</source>
        <translation>antwortet in %1 ms</translation>
    </message>
    <message>
        <source>answers</source>
        <translation>antwortet</translation>
    </message>
    <message>
        <source>cannot be reached</source>
        <translation>nicht erreichbar</translation>
    </message>
    <message>
        <source>being asked…</source>
        <translation>wird gefragt …</translation>
    </message>
    <message>
        <source>%1 · not ready</source>
        <translation>%1 · nicht bereit</translation>
    </message>
    <message>
        <source>Node</source>
        <translation>Knoten</translation>
    </message>
    <message>
        <source>Health</source>
        <translation>Befinden</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Adresse</translation>
    </message>
    <message>
        <source>You are</source>
        <translation>Sie sind</translation>
    </message>
    <message>
        <source>Tessera</source>
        <translation>Tessera</translation>
    </message>
    <message>
        <source>PostgreSQL</source>
        <translation>PostgreSQL</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>Quelle</translation>
    </message>
    <message>
        <source>Peer</source>
        <translation>Nachbarknoten</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>Of node</source>
        <translation>Von Knoten</translation>
    </message>
    <message>
        <source>Connector</source>
        <translation>Konnektor</translation>
    </message>
    <message>
        <source>Holds</source>
        <translation>Enthält</translation>
    </message>
    <message>
        <source>Schemas</source>
        <translation>Schemas</translation>
    </message>
    <message>
        <source>Reading now</source>
        <translation>Lesen gerade</translation>
    </message>
    <message>
        <source>Statements of the last hour</source>
        <translation>Anweisungen der letzten Stunde</translation>
    </message>
    <message>
        <source>Rows of these</source>
        <translation>Zeilen daraus</translation>
    </message>
</context>
<context>
    <name>NewShardedTable</name>
    <message>
        <source>Give it a name: schema and name, as in sales.orders</source>
        <translation>Geben Sie ihr einen Namen: Schema und Name, wie in sales.orders</translation>
    </message>
    <message>
        <source>“%1” is no schema and name: write it as sales.orders</source>
        <translation>„%1“ ist kein Schema mit Namen: schreiben Sie es wie sales.orders</translation>
    </message>
    <message>
        <source>Choose the tables that it is made of</source>
        <translation>Wählen Sie die Tabellen, aus denen sie besteht</translation>
    </message>
    <message>
        <source>Choose the columns that decide where a row goes</source>
        <translation>Wählen Sie die Spalten, die entscheiden, wohin eine Zeile kommt</translation>
    </message>
    <message>
        <source>A list goes by one column</source>
        <translation>Eine Liste geht nach einer Spalte</translation>
    </message>
    <message>
        <source>The key lacks %1, by which rows go to their shards</source>
        <translation>Dem Schlüssel fehlt %1, wonach Zeilen in ihre Shards kommen</translation>
    </message>
    <message>
        <source>It stands here twice</source>
        <translation>Sie steht hier zweimal</translation>
    </message>
    <message>
        <source>Write its values, or let it have the rest</source>
        <translation>Schreiben Sie seine Werte, oder geben Sie ihm den Rest</translation>
    </message>
    <message>
        <source>Write a value for each of %1</source>
        <translation>Schreiben Sie je einen Wert für %1</translation>
    </message>
</context>
<context>
    <name>NewSource</name>
    <message>
        <source>User</source>
        <translation>Benutzer</translation>
    </message>
    <message>
        <source>Password</source>
        <translation>Passwort</translation>
    </message>
    <message>
        <source>Host</source>
        <translation>Host</translation>
    </message>
    <message>
        <source>Name or address</source>
        <translation>Name oder Adresse</translation>
    </message>
    <message>
        <source>Port</source>
        <translation>Port</translation>
    </message>
    <message>
        <source>Database</source>
        <translation>Datenbank</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>Absolute path on the node</source>
        <translation>Absoluter Pfad auf dem Knoten</translation>
    </message>
    <message>
        <source>Files (Parquet, CSV, JSON)</source>
        <translation>Dateien (Parquet, CSV, JSON)</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Data source name</source>
        <translation>Name der Datenquelle</translation>
    </message>
    <message>
        <source>As the node&apos;s odbc.ini has it</source>
        <translation>Wie in der odbc.ini des Knotens</translation>
    </message>
</context>
<context>
    <name>PlanAdvice</name>
    <message>
        <source>Done here rather than at %1: %2.</source>
        <translation>Hier statt bei %1 ausgeführt: %2.</translation>
    </message>
    <message>
        <source>%1 rows came where %2 were expected</source>
        <translation>%1 Zeilen kamen, erwartet waren %2</translation>
    </message>
    <message>
        <source>: ANALYZE %1 may give a better plan</source>
        <translation>: ANALYZE %1 ergibt vielleicht einen besseren Plan</translation>
    </message>
    <message>
        <source>%1 sent %2 rows, of which %3 were thrown away here.</source>
        <translation>%1 sandte %2 Zeilen, von denen hier %3 verworfen wurden.</translation>
    </message>
    <message>
        <source>%1 rows of %2 were read for %3: an index for its filter would help.</source>
        <translation>%1 Zeilen von %2 wurden für %3 gelesen: ein Index für den Filter würde helfen.</translation>
    </message>
    <message>
        <source>%1 was asked %2 times.</source>
        <translation>%1 wurde %2-mal gefragt.</translation>
    </message>
    <message>
        <source>Most of the time went by waiting for %1.</source>
        <translation>Die meiste Zeit verging mit Warten auf %1.</translation>
    </message>
    <message>
        <source>The sort did not fit into memory and used %1 kB of disk: a higher work_mem would help.</source>
        <translation>Die Sortierung passte nicht in den Speicher und belegte %1 kB auf der Platte: ein größeres work_mem würde helfen.</translation>
    </message>
    <message>
        <source>The hash table did not fit into memory (%1 batches): a higher work_mem would help.</source>
        <translation>Die Hashtabelle passte nicht in den Speicher (%1 Teile): ein größeres work_mem würde helfen.</translation>
    </message>
</context>
<context>
    <name>RunRequest</name>
    <message>
        <source>It needs a value.</source>
        <translation>Ein Wert wird gebraucht.</translation>
    </message>
    <message>
        <source>Write a whole number, like %1.</source>
        <translation>Eine ganze Zahl angeben, etwa %1.</translation>
    </message>
    <message>
        <source>Write a number, like %1.</source>
        <translation>Eine Zahl angeben, etwa %1.</translation>
    </message>
    <message>
        <source>Write true or false.</source>
        <translation>true oder false angeben.</translation>
    </message>
    <message>
        <source>Write a date, like %1.</source>
        <translation>Ein Datum angeben, etwa %1.</translation>
    </message>
    <message>
        <source>Write a time, like %1.</source>
        <translation>Eine Zeit angeben, etwa %1.</translation>
    </message>
</context>
<context>
    <name>ShardDialogs</name>
    <message>
        <source>Rows a second</source>
        <translation>Zeilen je Sekunde</translation>
    </message>
    <message>
        <source>as fast as it goes</source>
        <translation>so schnell es geht</translation>
    </message>
    <message>
        <source>What will be run</source>
        <translation>Was ausgeführt wird</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
</context>
<context>
    <name>StoreOverview</name>
    <message>
        <source>%1 leads. Members that answer: %2 of %3.</source>
        <translation>%1 führt. Mitglieder, die antworten: %2 von %3.</translation>
    </message>
    <message>
        <source>No member of this store answers: %1. What is shown is the last that was known.</source>
        <translation>Kein Mitglied dieses Speichers antwortet: %1. Gezeigt wird, was zuletzt bekannt war.</translation>
    </message>
    <message>
        <source>%1 leads, as %2 says, and cannot be reached from here: what only the leader knows is missing. If it is gone, the others choose another in a moment.</source>
        <translation>%1 führt, wie %2 sagt, und ist von hier nicht zu erreichen: Was nur der Leader weiß, fehlt. Ist er ausgefallen, wählen die anderen gleich einen neuen.</translation>
    </message>
    <message>
        <source>No leader: members that answer: %1 of %2, and %3 are needed. Until then nothing can be written; nothing is lost.</source>
        <translation>Kein Leader: Mitglieder, die antworten: %1 von %2, und %3 werden gebraucht. Bis dahin kann nichts geschrieben werden; verloren ist nichts.</translation>
    </message>
    <message>
        <source>No leader at the moment: the members choose one. Writes wait, and go on by themselves.</source>
        <translation>Zurzeit kein Leader: Die Mitglieder wählen einen. Schreibvorgänge warten und gehen von selbst weiter.</translation>
    </message>
    <message>
        <source>not in this mesh</source>
        <translation>nicht in diesem Mesh</translation>
    </message>
    <message>
        <source>answers</source>
        <translation>antwortet</translation>
    </message>
    <message>
        <source>takes part no more: %1</source>
        <translation>nimmt nicht mehr teil: %1</translation>
    </message>
    <message>
        <source>asked…</source>
        <translation>wird gefragt…</translation>
    </message>
    <message>
        <source>no news for a while</source>
        <translation>seit einer Weile keine Nachricht</translation>
    </message>
    <message>
        <source>%1; gets a snapshot</source>
        <translation>%1; bekommt einen Snapshot</translation>
    </message>
    <message>
        <source>%1; the leader does not hear it</source>
        <translation>%1; der Leader hört es nicht</translation>
    </message>
    <message>
        <source>%1; the leader hears it</source>
        <translation>%1; der Leader hört es</translation>
    </message>
    <message>
        <source>%1: %2.</source>
        <translation>%1: %2.</translation>
    </message>
</context>
<context>
    <name>TriggerFields</name>
    <message>
        <source>How often</source>
        <translation>Wie oft</translation>
    </message>
    <message>
        <source>Cron</source>
        <translation>Cron</translation>
    </message>
    <message>
        <source>minute hour day-of-month month day-of-week</source>
        <translation>Minute Stunde Tag Monat Wochentag</translation>
    </message>
    <message>
        <source>Time zone</source>
        <translation>Zeitzone</translation>
    </message>
    <message>
        <source>Next times</source>
        <translation>Nächste Zeiten</translation>
    </message>
    <message>
        <source>None until what is written above is right.</source>
        <translation>Keine, solange oben etwas nicht stimmt.</translation>
    </message>
    <message>
        <source>Starts</source>
        <translation>Beginnt</translation>
    </message>
    <message>
        <source>at times</source>
        <translation>zu Zeiten</translation>
    </message>
    <message>
        <source>every so often</source>
        <translation>immer wieder</translation>
    </message>
    <message>
        <source>after another job</source>
        <translation>nach einem anderen Job</translation>
    </message>
    <message>
        <source>Every</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>15m, 6h or 1d</source>
        <translation>15m, 6h oder 1d</translation>
    </message>
    <message>
        <source>Job</source>
        <translation>Job</translation>
    </message>
    <message>
        <source>When it</source>
        <translation>Wenn er</translation>
    </message>
    <message>
        <source>has succeeded</source>
        <translation>erfolgreich war</translation>
    </message>
    <message>
        <source>has failed</source>
        <translation>fehlgeschlagen ist</translation>
    </message>
    <message>
        <source>has ended</source>
        <translation>zu Ende ist</translation>
    </message>
    <message>
        <source>Times that were missed</source>
        <translation>Verpasste Zeiten</translation>
    </message>
    <message>
        <source>the last one is made up for</source>
        <translation>die letzte wird nachgeholt</translation>
    </message>
    <message>
        <source>all are made up for</source>
        <translation>alle werden nachgeholt</translation>
    </message>
    <message>
        <source>are left out</source>
        <translation>werden ausgelassen</translation>
    </message>
    <message>
        <source>Delayed by up to</source>
        <translation>Verzögert um bis zu</translation>
    </message>
    <message>
        <source>Not at all; else like 5m</source>
        <translation>Gar nicht; sonst etwa 5m</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>Parameter</translation>
    </message>
    <message>
        <source>A line each: name: value</source>
        <translation>Je eine Zeile: Name: Wert</translation>
    </message>
</context>
<context>
    <name>tessera::app::ActivityModel</name>
    <message>
        <source>not yours to see</source>
        <translation>nicht für Sie sichtbar</translation>
    </message>
    <message>
        <source>running</source>
        <translation>läuft</translation>
    </message>
    <message>
        <source>waits (%1)</source>
        <translation>wartet (%1)</translation>
    </message>
    <message>
        <source>transaction open</source>
        <translation>Transaktion offen</translation>
    </message>
    <message>
        <source>transaction failed</source>
        <translation>Transaktion fehlgeschlagen</translation>
    </message>
    <message>
        <source>Who</source>
        <translation>Wer</translation>
    </message>
    <message>
        <source>Node</source>
        <translation>Knoten</translation>
    </message>
    <message>
        <source>For</source>
        <translation>Seit</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Sources</source>
        <translation>Quellen</translation>
    </message>
    <message>
        <source>Statement</source>
        <translation>Anweisung</translation>
    </message>
</context>
<context>
    <name>tessera::app::CatalogModel</name>
    <message>
        <source>No schemas you may see</source>
        <translation>Keine Schemas, die Sie sehen dürfen</translation>
    </message>
    <message>
        <source>No tables you may see</source>
        <translation>Keine Tabellen, die Sie sehen dürfen</translation>
    </message>
    <message>
        <source>No columns you may see</source>
        <translation>Keine Spalten, die Sie sehen dürfen</translation>
    </message>
    <message>
        <source>%1 as %2</source>
        <translation>%1 als %2</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <translation>%1, %2</translation>
    </message>
    <message>
        <source>Loading…</source>
        <translation>Wird geladen …</translation>
    </message>
    <message>
        <source>Primary key</source>
        <translation>Primärschlüssel</translation>
    </message>
    <message>
        <source>Foreign key</source>
        <translation>Fremdschlüssel</translation>
    </message>
    <message>
        <source>Unique</source>
        <translation>Eindeutig</translation>
    </message>
    <message>
        <source>Check</source>
        <translation>Prüfung</translation>
    </message>
    <message>
        <source>Exclusion</source>
        <translation>Ausschluss</translation>
    </message>
    <message>
        <source>Constraint</source>
        <translation>Bedingung</translation>
    </message>
    <message>
        <source>Index</source>
        <translation>Index</translation>
    </message>
    <message>
        <source>Refresh, in the menu, asks again.</source>
        <translation>Aktualisieren, im Menü, fragt noch einmal.</translation>
    </message>
    <message>
        <source>Loading for %1 s…</source>
        <translation>Lädt seit %1 s …</translation>
    </message>
    <message>
        <source>A source behind this node</source>
        <translation>Eine Quelle hinter diesem Knoten</translation>
    </message>
    <message>
        <source>In this node</source>
        <translation>In diesem Knoten</translation>
    </message>
    <message>
        <source>Tables and views that the node itself has</source>
        <translation>Tabellen und Sichten, die der Knoten selbst hat</translation>
    </message>
    <message>
        <source>Keys and indexes</source>
        <translation>Schlüssel und Indizes</translation>
    </message>
    <message>
        <source>Statistics</source>
        <translation>Statistik</translation>
    </message>
    <message>
        <source>No keys and no indexes</source>
        <translation>Keine Schlüssel, keine Indizes</translation>
    </message>
    <message>
        <source>Rows, estimated</source>
        <translation>Zeilen, geschätzt</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Counted</source>
        <translation>Gezählt</translation>
    </message>
    <message>
        <source>%1 different</source>
        <translation>%1 verschiedene</translation>
    </message>
    <message>
        <source>Nothing was counted yet (ANALYZE)</source>
        <translation>Noch wurde nichts gezählt (ANALYZE)</translation>
    </message>
</context>
<context>
    <name>tessera::app::DraftJournal</name>
    <message>
        <source>Unsaved text cannot be kept in &apos;%1&apos;: %2</source>
        <translation>Ungespeicherter Text lässt sich nicht in „%1“ aufbewahren: %2</translation>
    </message>
</context>
<context>
    <name>tessera::app::EndpointDraft</name>
    <message>
        <source>What is published keeps its name. Make a copy to have it under another one.</source>
        <translation>Veröffentlichtes behält seinen Namen. Eine Kopie kann anders heißen.</translation>
    </message>
</context>
<context>
    <name>tessera::app::History</name>
    <message>
        <source>The history was written by a newer workbench; this one leaves it alone.</source>
        <translation>Der Verlauf wurde von einer neueren Workbench geschrieben; diese lässt ihn in Ruhe.</translation>
    </message>
</context>
<context>
    <name>tessera::app::JobDraft</name>
    <message>
        <source>A job keeps its name. Make a copy to have it under another one.</source>
        <translation>Ein Job behält seinen Namen. Unter einem anderen gibt es ihn als Kopie.</translation>
    </message>
</context>
<context>
    <name>tessera::app::JobsWatch</name>
    <message>
        <source>Started %1</source>
        <translation>%1 ist gestartet</translation>
    </message>
    <message>
        <source>Run %1 is being cancelled</source>
        <translation>Lauf %1 wird abgebrochen</translation>
    </message>
    <message>
        <source>Run %1 goes on</source>
        <translation>Lauf %1 geht weiter</translation>
    </message>
    <message>
        <source>%1 is paused</source>
        <translation>%1 ist angehalten</translation>
    </message>
    <message>
        <source>%1 goes on by its schedule</source>
        <translation>%1 läuft wieder nach Zeitplan</translation>
    </message>
    <message>
        <source>All these times of %1 have had their runs</source>
        <translation>Alle diese Zeiten von %1 hatten schon ihre Läufe</translation>
    </message>
    <message numerus="yes">
        <source>%n runs of %1 are to come</source>
        <translation>
            <numerusform>%n Lauf von %1 kommt</numerusform>
            <numerusform>%n Läufe von %1 kommen</numerusform>
        </translation>
    </message>
    <message>
        <source>Run %1 goes on from %2</source>
        <translation>Lauf %1 geht ab %2 weiter</translation>
    </message>
    <message>
        <source>%1 is removed</source>
        <translation>%1 ist entfernt</translation>
    </message>
    <message>
        <source>%1 no longer runs as its owner</source>
        <translation>%1 läuft nicht mehr als sein Eigentümer</translation>
    </message>
</context>
<context>
    <name>tessera::app::Library</name>
    <message>
        <source>The saved queries were written by a newer workbench; this one leaves them alone.</source>
        <translation>Die gespeicherten Abfragen hat eine neuere Workbench geschrieben; diese hier lässt sie unberührt.</translation>
    </message>
    <message>
        <source>Saved queries: %1</source>
        <translation>Gespeicherte Abfragen: %1</translation>
    </message>
    <message>
        <source>adding “%1”</source>
        <translation>„%1“ hinzugefügt</translation>
    </message>
    <message>
        <source>Saved again</source>
        <translation>Erneut gespeichert</translation>
    </message>
    <message>
        <source>%1 (mine)</source>
        <translation>%1 (meine)</translation>
    </message>
    <message>
        <source>saving “%1”</source>
        <translation>„%1“ gespeichert</translation>
    </message>
    <message>
        <source>renaming “%1”</source>
        <translation>umbenannt in „%1“</translation>
    </message>
    <message>
        <source>moving “%1”</source>
        <translation>„%1“ verschoben</translation>
    </message>
    <message>
        <source>deleting “%1”</source>
        <translation>„%1“ gelöscht</translation>
    </message>
</context>
<context>
    <name>tessera::app::LineageReader</name>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
</context>
<context>
    <name>tessera::app::MeshWatch</name>
    <message>
        <source>node %1 is not in this mesh any more</source>
        <translation>der Knoten %1 gehört nicht mehr zu diesem Mesh</translation>
    </message>
    <message>
        <source>the session has ended already</source>
        <translation>die Sitzung ist schon zu Ende</translation>
    </message>
</context>
<context>
    <name>tessera::app::RunCalendarModel</name>
    <message numerus="yes">
        <source>%1, %2: %n runs, of which %3 failed; the one that matters: %4</source>
        <translation>
            <numerusform>%1, %2: %n Lauf, davon %3 fehlgeschlagen; der wichtigste: %4</numerusform>
            <numerusform>%1, %2: %n Läufe, davon %3 fehlgeschlagen; der wichtigste: %4</numerusform>
        </translation>
    </message>
    <message>
        <source>Job</source>
        <translation>Job</translation>
    </message>
</context>
<context>
    <name>tessera::app::StoreModel</name>
    <message>
        <source>leader</source>
        <translation>Leader</translation>
    </message>
    <message>
        <source>follower</source>
        <translation>Follower</translation>
    </message>
    <message>
        <source>candidate</source>
        <translation>Kandidat</translation>
    </message>
    <message>
        <source>learner</source>
        <translation>Learner</translation>
    </message>
    <message>
        <source>leaving</source>
        <translation>scheidet aus</translation>
    </message>
    <message>
        <source>voter</source>
        <translation>stimmberechtigt</translation>
    </message>
    <message>
        <source>Whom this member takes for the leader</source>
        <translation>Wen dieses Mitglied für den Leader hält</translation>
    </message>
    <message>
        <source>Grows with each election</source>
        <translation>Wächst mit jeder Wahl</translation>
    </message>
    <message>
        <source>The last entry of its log that is on disk</source>
        <translation>Der letzte Eintrag seines Logs, der auf der Platte steht</translation>
    </message>
    <message>
        <source>Up to where it knows that a majority has the log</source>
        <translation>Bis wohin nach seinem Wissen eine Mehrheit das Log hat</translation>
    </message>
    <message>
        <source>Up to where its data contain the log</source>
        <translation>Bis wohin seine Daten das Log enthalten</translation>
    </message>
    <message>
        <source>Entries that are committed in the store and not applied here</source>
        <translation>Einträge, die im Speicher bestätigt und hier noch nicht angewandt sind</translation>
    </message>
    <message>
        <source>Messages with entries that the leader sent it and it has not answered</source>
        <translation>Nachrichten mit Einträgen, die der Leader gesandt hat und die noch nicht beantwortet sind</translation>
    </message>
    <message>
        <source>Member</source>
        <translation>Mitglied</translation>
    </message>
    <message>
        <source>Role</source>
        <translation>Rolle</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Leader</source>
        <translation>Leader</translation>
    </message>
    <message>
        <source>Term</source>
        <translation>Amtszeit</translation>
    </message>
    <message>
        <source>Last index</source>
        <translation>Letzter Index</translation>
    </message>
    <message>
        <source>Committed</source>
        <translation>Bestätigt</translation>
    </message>
    <message>
        <source>Applied</source>
        <translation>Angewandt</translation>
    </message>
    <message>
        <source>Lag</source>
        <translation>Rückstand</translation>
    </message>
    <message>
        <source>In flight</source>
        <translation>Unterwegs</translation>
    </message>
    <message>
        <source>%1 ms</source>
        <translation>%1 ms</translation>
    </message>
    <message>
        <source>From the leader&apos;s heartbeat to its answer, on average</source>
        <translation>Vom Herzschlag des Leaders bis zur Antwort darauf, im Mittel</translation>
    </message>
    <message>
        <source>Latency</source>
        <translation>Latenz</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::AddSourceDialog</name>
    <message>
        <source>Back</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Add a source to %1</source>
        <translation>Eine Quelle zu %1 hinzufügen</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>What it is called on this node</source>
        <translation>Wie sie auf diesem Knoten heißt</translation>
    </message>
    <message>
        <source>What it holds</source>
        <translation>Was sie enthält</translation>
    </message>
    <message>
        <source>In a sentence; may be empty</source>
        <translation>In einem Satz; darf leer sein</translation>
    </message>
    <message>
        <source>Schema there</source>
        <translation>Schema dort</translation>
    </message>
    <message>
        <source>Tables of the source</source>
        <translation>Tabellen der Quelle</translation>
    </message>
    <message>
        <source>Table</source>
        <translation>Tabelle</translation>
    </message>
    <message>
        <source>Columns</source>
        <translation>Spalten</translation>
    </message>
    <message>
        <source>What will be run</source>
        <translation>Was ausgeführt wird</translation>
    </message>
    <message>
        <source>Schema here</source>
        <translation>Schema hier</translation>
    </message>
    <message>
        <source>Try it out</source>
        <translation>Ausprobieren</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>Hinzufügen</translation>
    </message>
    <message>
        <source>Connecting with the source and looking at its tables…</source>
        <translation>Verbindung zur Quelle und Blick auf ihre Tabellen …</translation>
    </message>
    <message>
        <source>Adding it…</source>
        <translation>Wird hinzugefügt …</translation>
    </message>
    <message>
        <source>The source answers, but it has no tables in schema %1.</source>
        <translation>Die Quelle antwortet, hat aber im Schema %1 keine Tabellen.</translation>
    </message>
    <message>
        <source>The source answers. Nothing was kept of trying it out.</source>
        <translation>Die Quelle antwortet. Vom Ausprobieren ist nichts geblieben.</translation>
    </message>
    <message>
        <source>To add sources takes USAGE on the foreign-data wrapper tessera_fdw and CREATE on the database: who runs the node may grant both.</source>
        <translation>Quellen hinzufügen verlangt USAGE auf den Foreign-Data-Wrapper tessera_fdw und CREATE auf die Datenbank: wer den Knoten betreibt, kann beides gewähren.</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::AgentButton</name>
    <message>
        <source>Sign-in</source>
        <translation>Anmeldung</translation>
    </message>
    <message>
        <source>No agent</source>
        <translation>Kein Agent</translation>
    </message>
    <message>
        <source>The agent that signed you in has ended: sign in again</source>
        <translation>Der Agent, der Sie angemeldet hat, läuft nicht mehr: melden Sie sich neu an</translation>
    </message>
    <message>
        <source>%1: signed out</source>
        <translation>%1: abgemeldet</translation>
    </message>
    <message>
        <source>Sign in to ask the nodes of %1</source>
        <translation>Melden Sie sich an, um die Knoten von %1 zu fragen</translation>
    </message>
    <message>
        <source>The agent signs you in to %1 as %2</source>
        <translation>Der Agent meldet Sie bei %1 als %2 an</translation>
    </message>
    <message>
        <source>The agent does not run</source>
        <translation>Der Agent läuft nicht</translation>
    </message>
    <message>
        <source>Signed out of %1</source>
        <translation>Von %1 abgemeldet</translation>
    </message>
    <message>
        <source>Signed in to %1 as %2</source>
        <translation>Bei %1 angemeldet als %2</translation>
    </message>
    <message>
        <source>Access until %1, renewed by itself</source>
        <translation>Zugang bis %1, wird von selbst erneuert</translation>
    </message>
    <message>
        <source>No keychain: the sign-in ends with the agent</source>
        <translation>Kein Schlüsselbund: die Anmeldung endet mit dem Agenten</translation>
    </message>
    <message>
        <source>The agent&apos;s log</source>
        <translation>Protokoll des Agenten</translation>
    </message>
    <message>
        <source>Other programs on %1</source>
        <translation>Andere Programme an %1</translation>
    </message>
    <message>
        <source>Open a local port</source>
        <translation>Lokalen Port öffnen</translation>
    </message>
    <message>
        <source>An address on this machine for psql, BI tools and drivers, which signs in as you</source>
        <translation>Eine Adresse auf diesem Rechner für psql, BI-Programme und Treiber, die Sie anmeldet</translation>
    </message>
    <message>
        <source>Copy for %1</source>
        <translation>Für %1 kopieren</translation>
    </message>
    <message>
        <source>Close the local port</source>
        <translation>Lokalen Port schließen</translation>
    </message>
    <message>
        <source>Copied for %1</source>
        <translation>Für %1 kopiert</translation>
    </message>
    <message>
        <source>%1 is at 127.0.0.1:%2 for other programs</source>
        <translation>%1 steht anderen Programmen unter 127.0.0.1:%2 offen</translation>
    </message>
    <message>
        <source>Job %1 has failed: run %2</source>
        <translation>Job %1 ist fehlgeschlagen: Lauf %2</translation>
    </message>
    <message>
        <source>Job %1 was cancelled: run %2</source>
        <translation>Job %1 wurde abgebrochen: Lauf %2</translation>
    </message>
    <message>
        <source>Job %1 has succeeded: run %2</source>
        <translation>Job %1 war erfolgreich: Lauf %2</translation>
    </message>
    <message>
        <source>What jobs have told you</source>
        <translation>Was Jobs Ihnen gemeldet haben</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::AuditView</name>
    <message>
        <source>Failed only</source>
        <translation>Nur fehlgeschlagene</translation>
    </message>
    <message>
        <source>Open text</source>
        <translation>Text öffnen</translation>
    </message>
    <message>
        <source>Who ran what</source>
        <translation>Wer was ausgeführt hat</translation>
    </message>
    <message>
        <source>When</source>
        <translation>Wann</translation>
    </message>
    <message>
        <source>Who</source>
        <translation>Wer</translation>
    </message>
    <message>
        <source>Role</source>
        <translation>Rolle</translation>
    </message>
    <message>
        <source>From</source>
        <translation>Von</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>Befehl</translation>
    </message>
    <message>
        <source>Took</source>
        <translation>Dauer</translation>
    </message>
    <message>
        <source>Rows</source>
        <translation>Zeilen</translation>
    </message>
    <message>
        <source>Result</source>
        <translation>Ergebnis</translation>
    </message>
    <message>
        <source>Sources</source>
        <translation>Quellen</translation>
    </message>
    <message>
        <source>Statement</source>
        <translation>Anweisung</translation>
    </message>
    <message>
        <source>Node</source>
        <translation>Knoten</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>Filter</translation>
    </message>
    <message>
        <source>Words in who, text, sources or SQLSTATE</source>
        <translation>Wörter in Person, Text, Quellen oder SQLSTATE</translation>
    </message>
    <message>
        <source>Reading the audit trail…</source>
        <translation>Das Protokoll wird gelesen …</translation>
    </message>
    <message>
        <source>Retry</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>done</source>
        <translation>fertig</translation>
    </message>
    <message>
        <source>Nothing of that kind is written down</source>
        <translation>Nichts dergleichen ist aufgezeichnet</translation>
    </message>
    <message>
        <source>Other words may find something</source>
        <translation>Andere Wörter finden vielleicht etwas</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::CatalogPanel</name>
    <message>
        <source>Query its rows</source>
        <translation>Ihre Zeilen abfragen</translation>
    </message>
    <message>
        <source>Catalog</source>
        <translation>Katalog</translation>
    </message>
    <message>
        <source>Retry</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>Search the catalog</source>
        <translation>Katalog durchsuchen</translation>
    </message>
    <message>
        <source>Copy name</source>
        <translation>Name kopieren</translation>
    </message>
    <message>
        <source>Refresh</source>
        <translation>Aktualisieren</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Einzelheiten</translation>
    </message>
    <message>
        <source>Query</source>
        <translation>Abfragen</translation>
    </message>
    <message>
        <source>Diagram of its keys</source>
        <translation>Diagramm der Schlüssel</translation>
    </message>
    <message>
        <source>Add a source…</source>
        <translation>Eine Quelle hinzufügen …</translation>
    </message>
    <message>
        <source>Names, comments, #tags</source>
        <translation>Namen, Kommentare, #Tags</translation>
    </message>
    <message>
        <source>Insert into the editor</source>
        <translation>In den Editor einfügen</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::CatalogSearch</name>
    <message>
        <source>What was found</source>
        <translation>Was gefunden wurde</translation>
    </message>
    <message>
        <source>Nodes whose names are not known yet: %1.</source>
        <translation>Knoten, deren Namen noch nicht bekannt sind: %1.</translation>
    </message>
    <message>
        <source>Tag</source>
        <translation>Tag</translation>
    </message>
    <message>
        <source>No name, no comment and no tag has that in it.</source>
        <translation>Kein Name, kein Kommentar und kein Tag enthält das.</translation>
    </message>
    <message>
        <source>1 object</source>
        <translation>1 Objekt</translation>
    </message>
    <message>
        <source>%1 objects</source>
        <translation>%1 Objekte</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::CellEditor</name>
    <message>
        <source>Value of the cell</source>
        <translation>Wert der Zelle</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::CellViewer</name>
    <message>
        <source>Value as text</source>
        <translation>Wert als Text</translation>
    </message>
    <message>
        <source>Value as bytes</source>
        <translation>Wert als Bytes</translation>
    </message>
    <message>
        <source>Previous part</source>
        <translation>Voriger Teil</translation>
    </message>
    <message>
        <source>Next part</source>
        <translation>Nächster Teil</translation>
    </message>
    <message>
        <source>Cell viewer</source>
        <translation>Zellenansicht</translation>
    </message>
    <message>
        <source>Value as a tree</source>
        <translation>Wert als Baum</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>Schlüssel</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>Wert</translation>
    </message>
    <message>
        <source>Value as a picture</source>
        <translation>Wert als Bild</translation>
    </message>
    <message>
        <source>Text</source>
        <translation>Text</translation>
    </message>
    <message>
        <source>Tree</source>
        <translation>Baum</translation>
    </message>
    <message>
        <source>Picture</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Bytes</source>
        <translation>Bytes</translation>
    </message>
    <message>
        <source>Close the cell viewer</source>
        <translation>Zellenansicht schließen</translation>
    </message>
    <message>
        <source>Close (Esc)</source>
        <translation>Schließen (Esc)</translation>
    </message>
    <message>
        <source>%1, row %2</source>
        <translation>%1, Zeile %2</translation>
    </message>
    <message>
        <source>NULL</source>
        <translation>NULL</translation>
    </message>
    <message>
        <source>cannot be read</source>
        <translation>nicht lesbar</translation>
    </message>
    <message>
        <source>%1 of text, from byte %2 on</source>
        <translation>%1 Text, ab Byte %2</translation>
    </message>
    <message>
        <source>%1 bytes of text</source>
        <translation>%1 Bytes Text</translation>
    </message>
    <message>
        <source> · the first 20,000 parts of the tree</source>
        <translation> · die ersten 20.000 Teile des Baums</translation>
    </message>
    <message>
        <source> · %1 × %2 pixels</source>
        <translation> · %1 × %2 Pixel</translation>
    </message>
    <message>
        <source>Save value…</source>
        <translation>Wert speichern …</translation>
    </message>
    <message>
        <source>Writes the whole value to a file: of bytea the bytes, else the text</source>
        <translation>Schreibt den ganzen Wert in eine Datei: von bytea die Bytes, sonst den Text</translation>
    </message>
    <message>
        <source>Save value</source>
        <translation>Wert speichern</translation>
    </message>
    <message>
        <source>Writing %1…</source>
        <translation>%1 wird geschrieben…</translation>
    </message>
    <message>
        <source>%1 written to %2</source>
        <translation>%1 nach %2 geschrieben</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::ChartView</name>
    <message>
        <source>Chart</source>
        <translation>Diagramm</translation>
    </message>
    <message>
        <source>Kind of chart</source>
        <translation>Art des Diagramms</translation>
    </message>
    <message>
        <source>Column along the bottom</source>
        <translation>Spalte für unten</translation>
    </message>
    <message>
        <source>Column of the values</source>
        <translation>Spalte der Werte</translation>
    </message>
    <message>
        <source>Line</source>
        <translation>Linie</translation>
    </message>
    <message>
        <source>Bars</source>
        <translation>Balken</translation>
    </message>
    <message>
        <source>Area</source>
        <translation>Fläche</translation>
    </message>
    <message>
        <source>Points</source>
        <translation>Punkte</translation>
    </message>
    <message>
        <source>Histogram</source>
        <translation>Histogramm</translation>
    </message>
    <message>
        <source>Pie</source>
        <translation>Kreis</translation>
    </message>
    <message>
        <source>Save picture…</source>
        <translation>Bild speichern …</translation>
    </message>
    <message>
        <source>X</source>
        <translation>X</translation>
    </message>
    <message>
        <source>Y</source>
        <translation>Y</translation>
    </message>
    <message>
        <source>row number</source>
        <translation>Zeilennummer</translation>
    </message>
    <message>
        <source>all numbers</source>
        <translation>alle Zahlen</translation>
    </message>
    <message>
        <source>A chart needs a column of numbers.</source>
        <translation>Ein Diagramm braucht eine Spalte mit Zahlen.</translation>
    </message>
    <message>
        <source>Reading…</source>
        <translation>Wird gelesen …</translation>
    </message>
    <message>
        <source>sampled: %1 of %2</source>
        <translation>Auswahl: %1 von %2</translation>
    </message>
    <message>
        <source>the largest %1; &quot;other&quot; are %2 more</source>
        <translation>die größten %1; „other“ sind %2 weitere</translation>
    </message>
    <message>
        <source>Save the chart</source>
        <translation>Diagramm speichern</translation>
    </message>
    <message>
        <source>PNG picture (*.png)</source>
        <translation>PNG-Bild (*.png)</translation>
    </message>
    <message>
        <source>SVG drawing (*.svg)</source>
        <translation>SVG-Zeichnung (*.svg)</translation>
    </message>
    <message>
        <source>The picture could not be written to %1.</source>
        <translation>Das Bild ließ sich nicht nach %1 schreiben.</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::CodeView</name>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>Generated code</source>
        <translation>Erzeugter Code</translation>
    </message>
    <message>
        <source>Copied.</source>
        <translation>Kopiert.</translation>
    </message>
    <message>
        <source>Being generated…</source>
        <translation>Wird erzeugt…</translation>
    </message>
    <message>
        <source>There is code once it is published.</source>
        <translation>Code gibt es, sobald es veröffentlicht ist.</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::CommandPalette</name>
    <message>
        <source>Go to</source>
        <translation>Gehe zu</translation>
    </message>
    <message>
        <source>Name or action</source>
        <translation>Name oder Aktion</translation>
    </message>
    <message>
        <source>What was found</source>
        <translation>Was gefunden wurde</translation>
    </message>
    <message>
        <source>open tab</source>
        <translation>offener Tab</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>Wird gesucht …</translation>
    </message>
    <message>
        <source>Nothing is called so. Words are looked for in names and comments.</source>
        <translation>Nichts heißt so. Gesucht wird in Namen und Kommentaren.</translation>
    </message>
    <message>
        <source>Enter shows it · Ctrl+Enter queries its rows · &gt; for actions</source>
        <translation>Enter zeigt es · Strg+Enter fragt seine Zeilen ab · &gt; für Aktionen</translation>
    </message>
    <message>
        <source>Enter does it · Esc goes back</source>
        <translation>Enter führt es aus · Esc geht zurück</translation>
    </message>
    <message>
        <source>A table, a column, a word of a comment, a #tag, a saved query; &gt; for actions</source>
        <translation>Eine Tabelle, eine Spalte, ein Wort eines Kommentars, ein #Tag, eine gespeicherte Abfrage; &gt; für Aktionen</translation>
    </message>
    <message>
        <source>tag</source>
        <translation>Tag</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::CommentEditor</name>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>Comment</source>
        <translation>Kommentar</translation>
    </message>
    <message>
        <source>Ctrl+Enter</source>
        <translation>Strg+Enter</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Saving…</source>
        <translation>Wird gespeichert …</translation>
    </message>
    <message>
        <source>Not saved: %1.</source>
        <translation>Nicht gespeichert: %1.</translation>
    </message>
    <message>
        <source>Markdown; #words are tags. Empty takes the comment away.</source>
        <translation>Markdown; #Wörter sind Tags. Leer nimmt den Kommentar weg.</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::CompletionPopup</name>
    <message>
        <source>column</source>
        <translation>Spalte</translation>
    </message>
    <message>
        <source>table</source>
        <translation>Tabelle</translation>
    </message>
    <message>
        <source>view</source>
        <translation>Sicht</translation>
    </message>
    <message>
        <source>foreign table</source>
        <translation>Fremdtabelle</translation>
    </message>
    <message>
        <source>function</source>
        <translation>Funktion</translation>
    </message>
    <message>
        <source>keyword</source>
        <translation>Schlüsselwort</translation>
    </message>
    <message>
        <source>relation of this statement</source>
        <translation>Relation dieser Anweisung</translation>
    </message>
    <message>
        <source>schema</source>
        <translation>Schema</translation>
    </message>
    <message>
        <source>join</source>
        <translation>Join</translation>
    </message>
    <message>
        <source>all columns</source>
        <translation>alle Spalten</translation>
    </message>
    <message>
        <source>Tab accepts · Esc closes</source>
        <translation>Tab übernimmt · Esc schließt</translation>
    </message>
    <message>
        <source>Proposals</source>
        <translation>Vorschläge</translation>
    </message>
    <message>
        <source>, part of the primary key</source>
        <translation>, Teil des Primärschlüssels</translation>
    </message>
    <message>
        <source>snippet</source>
        <translation>Baustein</translation>
    </message>
    <message>
        <source>join by a foreign key</source>
        <translation>Join über einen Fremdschlüssel</translation>
    </message>
    <message>
        <source>join by a column named after the other&apos;s key; no foreign key says so</source>
        <translation>Join über eine Spalte, die wie der Schlüssel der anderen heißt; ein Fremdschlüssel sagt es nicht</translation>
    </message>
    <message>
        <source>join by what a column&apos;s comment says</source>
        <translation>Join nach dem, was der Kommentar einer Spalte sagt</translation>
    </message>
    <message>
        <source>join by columns of the same name and type; whether they mean the same, nothing says</source>
        <translation>Join über Spalten gleichen Namens und Typs; ob sie dasselbe bedeuten, sagt nichts</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::CronBuilder</name>
    <message>
        <source>How often</source>
        <translation>Wie oft</translation>
    </message>
    <message>
        <source>Every few minutes</source>
        <translation>Alle paar Minuten</translation>
    </message>
    <message>
        <source>Every hour</source>
        <translation>Jede Stunde</translation>
    </message>
    <message>
        <source>Every day</source>
        <translation>Jeden Tag</translation>
    </message>
    <message>
        <source>On days of the week</source>
        <translation>An Wochentagen</translation>
    </message>
    <message>
        <source>Every month</source>
        <translation>Jeden Monat</translation>
    </message>
    <message>
        <source>By a cron expression</source>
        <translation>Nach einem Cron-Ausdruck</translation>
    </message>
    <message>
        <source>Minutes between</source>
        <translation>Minuten dazwischen</translation>
    </message>
    <message numerus="yes">
        <source>%n minutes</source>
        <translation>
            <numerusform>%n Minute</numerusform>
            <numerusform>%n Minuten</numerusform>
        </translation>
    </message>
    <message>
        <source>at minute </source>
        <translation>in Minute </translation>
    </message>
    <message>
        <source>Time of day</source>
        <translation>Uhrzeit</translation>
    </message>
    <message>
        <source>on day </source>
        <translation>am Tag </translation>
    </message>
</context>
<context>
    <name>tessera::workbench::EditorFindBar</name>
    <message>
        <source>Match the letter case</source>
        <translation>Groß- und Kleinschreibung beachten</translation>
    </message>
    <message>
        <source>Regular expression</source>
        <translation>Regulärer Ausdruck</translation>
    </message>
    <message>
        <source>Find</source>
        <translation>Suchen</translation>
    </message>
    <message>
        <source>Replace with</source>
        <translation>Ersetzen durch</translation>
    </message>
    <message>
        <source>Previous</source>
        <translation>Voriges</translation>
    </message>
    <message>
        <source>Find the one before (Shift+Enter)</source>
        <translation>Voriges suchen (Umschalt+Enter)</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Nächstes</translation>
    </message>
    <message>
        <source>Find the next (Enter)</source>
        <translation>Nächstes suchen (Enter)</translation>
    </message>
    <message>
        <source>Replace</source>
        <translation>Ersetzen</translation>
    </message>
    <message>
        <source>Replace this one and find the next</source>
        <translation>Dieses ersetzen und das nächste suchen</translation>
    </message>
    <message>
        <source>Replace all</source>
        <translation>Alle ersetzen</translation>
    </message>
    <message>
        <source>Replace all in this tab</source>
        <translation>Alle in diesem Tab ersetzen</translation>
    </message>
    <message>
        <source>Close (Esc)</source>
        <translation>Schließen (Esc)</translation>
    </message>
    <message>
        <source>Not found</source>
        <translation>Nicht gefunden</translation>
    </message>
    <message numerus="yes">
        <source>%n replaced</source>
        <translation>
            <numerusform>%n ersetzt</numerusform>
            <numerusform>%n ersetzt</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tessera::workbench::EditorPage</name>
    <message>
        <source>Size of the font</source>
        <translation>Größe der Schrift</translation>
    </message>
    <message>
        <source>Columns of a tab</source>
        <translation>Spalten je Tabulator</translation>
    </message>
    <message>
        <source>Indent with tabs, not blanks</source>
        <translation>Mit Tabulatoren statt Leerzeichen einrücken</translation>
    </message>
    <message>
        <source>Wrap long lines</source>
        <translation>Lange Zeilen umbrechen</translation>
    </message>
    <message>
        <source>Line numbers</source>
        <translation>Zeilennummern</translation>
    </message>
    <message>
        <source>Show blanks and tabs</source>
        <translation>Leerzeichen und Tabulatoren zeigen</translation>
    </message>
    <message>
        <source>Propose names while typing</source>
        <translation>Namen beim Tippen vorschlagen</translation>
    </message>
    <message>
        <source>Keywords in capitals, proposed and formatted</source>
        <translation>Schlüsselwörter in Großbuchstaben, vorgeschlagen und formatiert</translation>
    </message>
    <message>
        <source>As it was at first</source>
        <translation>Wie am Anfang</translation>
    </message>
    <message>
        <source>As the system has it</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>Font</source>
        <translation>Schrift</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::EndpointEditor</name>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>Publish…</source>
        <translation>Veröffentlichen…</translation>
    </message>
    <message>
        <source>Code</source>
        <translation>Code</translation>
    </message>
    <message>
        <source>Versions</source>
        <translation>Fassungen</translation>
    </message>
    <message>
        <source>Shows what will change, then publishes (Ctrl+S)</source>
        <translation>Zeigt, was sich ändert, und veröffentlicht dann (Strg+S)</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>General</source>
        <translation>Allgemein</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>Parameter</translation>
    </message>
    <message>
        <source>Try it</source>
        <translation>Ausprobieren</translation>
    </message>
    <message>
        <source>The model&apos;s file</source>
        <translation>Die Datei des Modells</translation>
    </message>
    <message>
        <source>Fields</source>
        <translation>Felder</translation>
    </message>
    <message>
        <source>Relationships</source>
        <translation>Beziehungen</translation>
    </message>
    <message>
        <source>Published as version %1.</source>
        <translation>Als Fassung %1 veröffentlicht.</translation>
    </message>
    <message>
        <source>%1 · a new model</source>
        <translation>%1 · ein neues Modell</translation>
    </message>
    <message>
        <source>%1 · a new endpoint</source>
        <translation>%1 · ein neuer Endpunkt</translation>
    </message>
    <message>
        <source>%1 · version %2, changed</source>
        <translation>%1 · Fassung %2, geändert</translation>
    </message>
    <message>
        <source>%1 · version %2</source>
        <translation>%1 · Fassung %2</translation>
    </message>
    <message numerus="yes">
        <source>%n problems; the first: %1</source>
        <translation>
            <numerusform>%n Fehler: %1</numerusform>
            <numerusform>%n Fehler; der erste: %1</numerusform>
        </translation>
    </message>
    <message>
        <source>Publishing…</source>
        <translation>Wird veröffentlicht…</translation>
    </message>
    <message>
        <source>The mesh could not look at it: %1</source>
        <translation>Das Mesh konnte es nicht prüfen: %1</translation>
    </message>
    <message>
        <source>The mesh is looking at it…</source>
        <translation>Das Mesh prüft es…</translation>
    </message>
    <message>
        <source>It is right, but callers of the version before may fail.</source>
        <translation>Es stimmt, aber Aufrufe der Fassung davor können scheitern.</translation>
    </message>
    <message>
        <source>It is right, and can be published.</source>
        <translation>Es stimmt und kann veröffentlicht werden.</translation>
    </message>
    <message>
        <source>It can be called once it is published.</source>
        <translation>Aufrufen kann man ihn, sobald er veröffentlicht ist.</translation>
    </message>
    <message>
        <source>This calls version %1, which is published, and not what is being written.</source>
        <translation>Das ruft die veröffentlichte Fassung %1 auf, nicht die gerade geschriebene.</translation>
    </message>
    <message>
        <source>Publish %1</source>
        <translation>%1 veröffentlichen</translation>
    </message>
    <message>
        <source>Publish another version of %1</source>
        <translation>Neue Fassung von %1 veröffentlichen</translation>
    </message>
    <message>
        <source>What will change</source>
        <translation>Was sich ändert</translation>
    </message>
    <message>
        <source>Nothing that callers see.</source>
        <translation>Nichts, was man beim Aufrufen sieht.</translation>
    </message>
    <message>
        <source>Callers of the version before may fail:</source>
        <translation>Aufrufe der Fassung davor können scheitern:</translation>
    </message>
    <message>
        <source>The mesh has looked at it. This will change:</source>
        <translation>Das Mesh hat es geprüft. Das ändert sich:</translation>
    </message>
    <message>
        <source>Publish</source>
        <translation>Veröffentlichen</translation>
    </message>
    <message>
        <source>Publish nevertheless</source>
        <translation>Trotzdem veröffentlichen</translation>
    </message>
    <message>
        <source>Changes that are not published</source>
        <translation>Nicht veröffentlichte Änderungen</translation>
    </message>
    <message>
        <source>“%1” has changes that are not published.</source>
        <translation>„%1“ hat Änderungen, die nicht veröffentlicht sind.</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>Verwerfen</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::EndpointText</name>
    <message>
        <source>The endpoint&apos;s file</source>
        <translation>Die Datei des Endpunkts</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::EndpointsPage</name>
    <message>
        <source>must be given</source>
        <translation>muss angegeben werden</translation>
    </message>
    <message>
        <source>else %1</source>
        <translation>sonst %1</translation>
    </message>
    <message>
        <source>one of %1</source>
        <translation>eines von %1</translation>
    </message>
    <message>
        <source>Endpoints</source>
        <translation>Endpunkte</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Filter by name, parameter or role</source>
        <translation>Nach Name, Parameter oder Rolle filtern</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>Filter</translation>
    </message>
    <message>
        <source>New endpoint</source>
        <translation>Neuer Endpunkt</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>Bearbeiten</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Versions</source>
        <translation>Fassungen</translation>
    </message>
    <message>
        <source>Old versions are called</source>
        <translation>Alte Versionen werden aufgerufen</translation>
    </message>
    <message>
        <source>Published</source>
        <translation>Veröffentlicht</translation>
    </message>
    <message>
        <source>By</source>
        <translation>Von</translation>
    </message>
    <message>
        <source>The endpoint</source>
        <translation>Der Endpunkt</translation>
    </message>
    <message>
        <source>What it is</source>
        <translation>Was es ist</translation>
    </message>
    <message>
        <source>Try it</source>
        <translation>Ausprobieren</translation>
    </message>
    <message>
        <source>Code</source>
        <translation>Code</translation>
    </message>
    <message>
        <source>Versions side by side</source>
        <translation>Versionen nebeneinander</translation>
    </message>
    <message>
        <source>It is served no more; its versions stay.</source>
        <translation>Wird nicht mehr bedient; die Fassungen bleiben.</translation>
    </message>
    <message>
        <source>New model</source>
        <translation>Neues Modell</translation>
    </message>
    <message>
        <source>Make a copy</source>
        <translation>Kopie anlegen</translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation>Entfernen…</translation>
    </message>
    <message>
        <source>Refresh</source>
        <translation>Aktualisieren</translation>
    </message>
    <message>
        <source>no, since the node was started</source>
        <translation>nein, seit der Knoten läuft</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Noch einmal</translation>
    </message>
    <message>
        <source>No node of this mesh publishes endpoints</source>
        <translation>Kein Knoten dieses Mesh veröffentlicht Endpunkte</translation>
    </message>
    <message>
        <source>Endpoints come with the replicated store, which each node can hold: docs/endpoints.md says how to set it up.</source>
        <translation>Endpunkte kommen mit dem replizierten Speicher, den jeder Knoten halten kann: docs/endpoints.md sagt, wie man ihn einrichtet.</translation>
    </message>
    <message>
        <source>There are no endpoints yet</source>
        <translation>Noch gibt es keine Endpunkte</translation>
    </message>
    <message>
        <source>An endpoint is a query with a name, which applications call with values. Write one here, or publish a query from its editor: Query → Publish this query…</source>
        <translation>Ein Endpunkt ist eine Abfrage mit einem Namen, die Programme mit Werten aufrufen. Schreiben Sie hier einen, oder veröffentlichen Sie eine Abfrage aus ihrem Editor: Abfrage → Diese Abfrage veröffentlichen…</translation>
    </message>
    <message>
        <source>Asking the mesh for its endpoints…</source>
        <translation>Das Mesh wird nach seinen Endpunkten gefragt…</translation>
    </message>
    <message>
        <source>Not up to date: %1</source>
        <translation>Nicht auf dem neuesten Stand: %1</translation>
    </message>
    <message>
        <source>The store has no file of it: apply the model once again, then it can be edited here</source>
        <translation>Der Speicher hat keine Datei davon: Wenden Sie das Modell noch einmal an, dann lässt es sich hier bearbeiten</translation>
    </message>
    <message>
        <source>What it is for</source>
        <translation>Wozu er da ist</translation>
    </message>
    <message>
        <source>Problem</source>
        <translation>Problem</translation>
    </message>
    <message>
        <source>Called by</source>
        <translation>Aufgerufen mit</translation>
    </message>
    <message>
        <source>Calls</source>
        <translation>Aufrufe</translation>
    </message>
    <message>
        <source>May be called by</source>
        <translation>Aufrufen dürfen ihn</translation>
    </message>
    <message>
        <source>everybody who can sign in</source>
        <translation>alle, die sich anmelden können</translation>
    </message>
    <message>
        <source>version %1, %2, by %3</source>
        <translation>Fassung %1, %2, von %3</translation>
    </message>
    <message>
        <source>Tags</source>
        <translation>Schlagwörter</translation>
    </message>
    <message>
        <source>On the nodes</source>
        <translation>Auf den Knoten</translation>
    </message>
    <message>
        <source>all</source>
        <translation>alle</translation>
    </message>
    <message>
        <source>Answers are kept for</source>
        <translation>Antworten gelten</translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation>%1 s</translation>
    </message>
    <message>
        <source>Most calls of a person</source>
        <translation>Aufrufe je Person</translation>
    </message>
    <message>
        <source>%1 in %2 s</source>
        <translation>%1 in %2 s</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Remove “%1”?</source>
        <translation>„%1“ entfernen?</translation>
    </message>
    <message>
        <source>It is served no more, and its callers fail. Its versions stay.</source>
        <translation>Wird dann nicht mehr bedient, und Aufrufe scheitern. Die Fassungen bleiben.</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::ExportDialog</name>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>The first rows in the file</source>
        <translation>Die ersten Zeilen in der Datei</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>Durchsuchen…</translation>
    </message>
    <message>
        <source>What</source>
        <translation>Was</translation>
    </message>
    <message>
        <source>The first rows, as they will stand in the file</source>
        <translation>Die ersten Zeilen, wie sie in der Datei stehen werden</translation>
    </message>
    <message>
        <source>The selected cells, of %1</source>
        <translation>Die ausgewählten Zellen, aus %1</translation>
    </message>
    <message>
        <source>The %1 that have come so far, as they are shown</source>
        <translation>Die bisher gekommenen %1, wie sie gezeigt werden</translation>
    </message>
    <message>
        <source>The %1 as they are shown</source>
        <translation>Die %1, wie sie gezeigt werden</translation>
    </message>
    <message>
        <source>The whole query, run again: its rows go straight into the file</source>
        <translation>Die ganze Abfrage, noch einmal ausgeführt: Ihre Zeilen gehen gleich in die Datei</translation>
    </message>
    <message>
        <source>Only a statement that changes nothing is run again</source>
        <translation>Nur eine Anweisung, die nichts ändert, wird noch einmal ausgeführt</translation>
    </message>
    <message>
        <source>CSV</source>
        <translation>CSV</translation>
    </message>
    <message>
        <source>Parquet</source>
        <translation>Parquet</translation>
    </message>
    <message>
        <source>Excel workbook</source>
        <translation>Excel-Arbeitsmappe</translation>
    </message>
    <message>
        <source>JSON</source>
        <translation>JSON</translation>
    </message>
    <message>
        <source>JSON lines</source>
        <translation>JSON-Zeilen</translation>
    </message>
    <message>
        <source>SQL INSERT statements</source>
        <translation>SQL-INSERT-Anweisungen</translation>
    </message>
    <message>
        <source>Tab-separated text</source>
        <translation>Text mit Tabulatoren</translation>
    </message>
    <message>
        <source>Markdown</source>
        <translation>Markdown</translation>
    </message>
    <message>
        <source>Export to</source>
        <translation>Exportieren nach</translation>
    </message>
    <message>
        <source>Name a file.</source>
        <translation>Eine Datei nennen.</translation>
    </message>
    <message>
        <source>%1 is a folder: name a file in it.</source>
        <translation>%1 ist ein Ordner: eine Datei darin nennen.</translation>
    </message>
    <message>
        <source>There is no folder %1.</source>
        <translation>Es gibt keinen Ordner %1.</translation>
    </message>
    <message>
        <source>%1, about %2</source>
        <translation>%1, etwa %2</translation>
    </message>
    <message>
        <source>the file is there already and will be replaced</source>
        <translation>die Datei gibt es schon, und sie wird ersetzt</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::FileLink</name>
    <message>
        <source>“%1” is no longer on the disk. Its text is still here.</source>
        <translation>„%1“ ist nicht mehr auf der Platte. Der Text ist noch hier.</translation>
    </message>
    <message>
        <source>Saved “%1”.</source>
        <translation>„%1“ gespeichert.</translation>
    </message>
    <message>
        <source>%1. The text stays here, and among the drafts.</source>
        <translation>%1. Der Text bleibt hier und bei den Entwürfen.</translation>
    </message>
    <message>
        <source>“%1” was changed by another program and read again. Undo brings back what was here.</source>
        <translation>„%1“ wurde von einem anderen Programm geändert und neu gelesen. Rückgängig bringt zurück, was hier stand.</translation>
    </message>
    <message>
        <source>“%1” was not saved: another program has changed it since it was read.</source>
        <translation>„%1“ wurde nicht gespeichert: ein anderes Programm hat die Datei geändert, seit sie gelesen wurde.</translation>
    </message>
    <message>
        <source>“%1” was changed by another program, and here, too.</source>
        <translation>„%1“ wurde von einem anderen Programm geändert, und hier auch.</translation>
    </message>
    <message>
        <source>Take the disk&apos;s</source>
        <translation>Fassung der Platte nehmen</translation>
    </message>
    <message>
        <source>Save mine over it</source>
        <translation>Mit meiner überschreiben</translation>
    </message>
    <message>
        <source>Keep mine</source>
        <translation>Meine behalten</translation>
    </message>
    <message>
        <source>Save as…</source>
        <translation>Speichern unter…</translation>
    </message>
    <message>
        <source>Save it again</source>
        <translation>Wieder speichern</translation>
    </message>
    <message>
        <source>Not now</source>
        <translation>Jetzt nicht</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Noch einmal</translation>
    </message>
    <message>
        <source>Save in UTF-8</source>
        <translation>In UTF-8 speichern</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::FindBar</name>
    <message>
        <source>Find in the result</source>
        <translation>Im Ergebnis suchen</translation>
    </message>
    <message>
        <source>Previous</source>
        <translation>Voriges</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Nächstes</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Searching…</source>
        <translation>Wird gesucht …</translation>
    </message>
    <message>
        <source>Not found</source>
        <translation>Nicht gefunden</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 von %2</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::GrantDialog</name>
    <message>
        <source>Let %1 run as you</source>
        <translation>%1 in Ihrem Namen laufen lassen</translation>
    </message>
    <message>
        <source>You sign in once more. By this you let the job, as it stands, run as you, with what you may do at that moment, also while you are away. You can end it at any time; when somebody changes the job, it ends by itself.</source>
        <translation>Sie melden sich noch einmal an. Damit darf der Job, so wie er ist, in Ihrem Namen laufen, mit Ihren jeweiligen Rechten, auch während Sie abgemeldet sind. Sie können das jederzeit beenden; wird der Job geändert, endet es von selbst.</translation>
    </message>
    <message>
        <source>For how many days</source>
        <translation>Für wie viele Tage</translation>
    </message>
    <message>
        <source> days</source>
        <translation> Tage</translation>
    </message>
    <message>
        <source>For</source>
        <translation>Für</translation>
    </message>
    <message>
        <source>Copy the page&apos;s address</source>
        <translation>Adresse der Seite kopieren</translation>
    </message>
    <message>
        <source>Sign in…</source>
        <translation>Anmelden…</translation>
    </message>
    <message>
        <source>The mesh is asked whether you may…</source>
        <translation>Das Mesh wird gefragt, ob Sie es dürfen…</translation>
    </message>
    <message>
        <source>Sign in on the page that opens in your browser. This window closes when that is done.</source>
        <translation>Melden Sie sich auf der Seite an, die sich im Browser öffnet. Danach schließt sich dieses Fenster.</translation>
    </message>
    <message numerus="yes">
        <source>The node allows %n days at most.</source>
        <translation>
            <numerusform>Der Knoten erlaubt höchstens %n Tag.</numerusform>
            <numerusform>Der Knoten erlaubt höchstens %n Tage.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tessera::workbench::GraphView</name>
    <message>
        <source>Save the picture</source>
        <translation>Bild speichern</translation>
    </message>
    <message>
        <source>Scalable picture (*.svg);;Picture (*.png)</source>
        <translation>Skalierbares Bild (*.svg);;Bild (*.png)</translation>
    </message>
    <message>
        <source>the picture cannot be written to %1</source>
        <translation>das Bild lässt sich nicht nach %1 schreiben</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::GridHeader</name>
    <message>
        <source>Columns of the result</source>
        <translation>Spalten des Ergebnisses</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::HistoryPanel</name>
    <message>
        <source>failed</source>
        <translation>fehlgeschlagen</translation>
    </message>
    <message>
        <source>Open in a tab</source>
        <translation>In einem Tab öffnen</translation>
    </message>
    <message>
        <source>Search what was run</source>
        <translation>Suchen, was ausgeführt wurde</translation>
    </message>
    <message>
        <source>What was run</source>
        <translation>Was ausgeführt wurde</translation>
    </message>
    <message>
        <source>The chosen statement</source>
        <translation>Die gewählte Anweisung</translation>
    </message>
    <message>
        <source>Choose a statement to see all of it.</source>
        <translation>Wählen Sie eine Anweisung, um sie ganz zu sehen.</translation>
    </message>
    <message>
        <source>History</source>
        <translation>Verlauf</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::IdentityBar</name>
    <message>
        <source>End the grant…</source>
        <translation>Vollmacht beenden…</translation>
    </message>
    <message>
        <source>For its owner, who signs in once more</source>
        <translation>Für den Eigentümer, der sich dazu noch einmal anmeldet</translation>
    </message>
    <message>
        <source>Grant again…</source>
        <translation>Vollmacht erneuern…</translation>
    </message>
    <message>
        <source>Let it run as you…</source>
        <translation>In Ihrem Namen laufen lassen…</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::JobEditor</name>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>Test run…</source>
        <translation>Probelauf…</translation>
    </message>
    <message>
        <source>Save…</source>
        <translation>Speichern…</translation>
    </message>
    <message>
        <source>General</source>
        <translation>Allgemein</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>Parameter</translation>
    </message>
    <message>
        <source>Schedule</source>
        <translation>Zeitplan</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>Schritte</translation>
    </message>
    <message>
        <source>Alerts</source>
        <translation>Meldungen</translation>
    </message>
    <message>
        <source>YAML</source>
        <translation>YAML</translation>
    </message>
    <message>
        <source>Versions</source>
        <translation>Fassungen</translation>
    </message>
    <message>
        <source>Runs it as it stands here, without saving it: nothing follows, nobody is alerted</source>
        <translation>Führt ihn aus, wie er hier steht, ohne ihn zu speichern: nichts folgt, niemand wird benachrichtigt</translation>
    </message>
    <message>
        <source>Shows what will change, then saves (Ctrl+S)</source>
        <translation>Zeigt, was sich ändert, und speichert dann (Strg+S)</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Lower-case letters, digits, -, _ and .</source>
        <translation>Kleinbuchstaben, Ziffern, -, _ und .</translation>
    </message>
    <message>
        <source>What it is for</source>
        <translation>Wozu er da ist</translation>
    </message>
    <message>
        <source>For people</source>
        <translation>Für Menschen</translation>
    </message>
    <message>
        <source>Owner</source>
        <translation>Eigentümer</translation>
    </message>
    <message>
        <source>Whom it belongs to, like anna@example.org</source>
        <translation>Wem er gehört, etwa anna@example.org</translation>
    </message>
    <message>
        <source>Runs as</source>
        <translation>Läuft als</translation>
    </message>
    <message>
        <source>A service user of the nodes; the owner, if that is one</source>
        <translation>Ein Dienstbenutzer der Knoten; der Eigentümer, wenn er einer ist</translation>
    </message>
    <message>
        <source>On the nodes</source>
        <translation>Auf den Knoten</translation>
    </message>
    <message>
        <source>Names with commas between; any when empty</source>
        <translation>Namen mit Kommas dazwischen; leer: auf allen</translation>
    </message>
    <message>
        <source>While a run is under way</source>
        <translation>Während ein Lauf im Gange ist</translation>
    </message>
    <message>
        <source>the next one waits</source>
        <translation>wartet der nächste</translation>
    </message>
    <message>
        <source>the next one is left out</source>
        <translation>wird der nächste ausgelassen</translation>
    </message>
    <message>
        <source>the next one takes its place</source>
        <translation>nimmt der nächste seinen Platz ein</translation>
    </message>
    <message>
        <source>the next one runs beside it</source>
        <translation>läuft der nächste daneben</translation>
    </message>
    <message>
        <source>Time-out</source>
        <translation>Zeitgrenze</translation>
    </message>
    <message>
        <source>24h; else like 10m or 2h</source>
        <translation>24h; sonst etwa 10m oder 2h</translation>
    </message>
    <message>
        <source>Steps are tried again</source>
        <translation>Schritte werden wiederholt</translation>
    </message>
    <message>
        <source>How often, after they failed; 0 when empty</source>
        <translation>Wie oft, wenn sie fehlgeschlagen sind; leer: 0</translation>
    </message>
    <message>
        <source>After</source>
        <translation>Nach</translation>
    </message>
    <message>
        <source>30s, then twice as long each time</source>
        <translation>30s, dann jedes Mal doppelt so lange</translation>
    </message>
    <message>
        <source>Runs are kept</source>
        <translation>Läufe werden aufgehoben</translation>
    </message>
    <message>
        <source>90d; else like 30d</source>
        <translation>90d; sonst etwa 30d</translation>
    </message>
    <message>
        <source>No parameters. Texts of steps hold them as ${name}, and each run can be given other values.</source>
        <translation>Keine Parameter. In Texten der Schritte stehen sie als ${name}, und jeder Lauf kann andere Werte bekommen.</translation>
    </message>
    <message>
        <source>Add parameter</source>
        <translation>Parameter hinzufügen</translation>
    </message>
    <message>
        <source>Remove this parameter</source>
        <translation>Diesen Parameter entfernen</translation>
    </message>
    <message>
        <source>Letters, digits and _</source>
        <translation>Buchstaben, Ziffern und _</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>text</source>
        <translation>Text</translation>
    </message>
    <message>
        <source>whole number</source>
        <translation>ganze Zahl</translation>
    </message>
    <message>
        <source>number</source>
        <translation>Zahl</translation>
    </message>
    <message>
        <source>true or false</source>
        <translation>wahr oder falsch</translation>
    </message>
    <message>
        <source>date</source>
        <translation>Datum</translation>
    </message>
    <message>
        <source>time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>Default</source>
        <translation>Vorgabe</translation>
    </message>
    <message>
        <source>Without one each run must be given a value; may be ${run.date}</source>
        <translation>Ohne sie braucht jeder Lauf einen Wert; auch ${run.date}</translation>
    </message>
    <message>
        <source>Nothing starts it by itself: it runs by hand, by the API, or by other jobs.</source>
        <translation>Von selbst beginnt er nie: er läuft von Hand, über die API oder durch andere Jobs.</translation>
    </message>
    <message>
        <source>Add schedule</source>
        <translation>Zeitplan hinzufügen</translation>
    </message>
    <message>
        <source>Remove this schedule</source>
        <translation>Diesen Zeitplan entfernen</translation>
    </message>
    <message>
        <source>Nobody is told how its runs end.</source>
        <translation>Niemand erfährt, wie seine Läufe enden.</translation>
    </message>
    <message>
        <source>Add alert</source>
        <translation>Meldung hinzufügen</translation>
    </message>
    <message>
        <source>Remove this alert</source>
        <translation>Diese Meldung entfernen</translation>
    </message>
    <message>
        <source>When a run</source>
        <translation>Wenn ein Lauf</translation>
    </message>
    <message>
        <source>has failed</source>
        <translation>fehlgeschlagen ist</translation>
    </message>
    <message>
        <source>has succeeded</source>
        <translation>erfolgreich war</translation>
    </message>
    <message>
        <source>has ended</source>
        <translation>zu Ende ist</translation>
    </message>
    <message>
        <source>Is told by</source>
        <translation>Gemeldet durch</translation>
    </message>
    <message>
        <source>e-mail</source>
        <translation>E-Mail</translation>
    </message>
    <message>
        <source>a call of an address</source>
        <translation>Aufruf einer Adresse</translation>
    </message>
    <message>
        <source>To</source>
        <translation>Nach</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Adresse</translation>
    </message>
    <message>
        <source>Saved as version %1.</source>
        <translation>Als Fassung %1 gespeichert.</translation>
    </message>
    <message>
        <source>%1 · a new job</source>
        <translation>%1 · ein neuer Job</translation>
    </message>
    <message>
        <source>%1 · version %2, changed</source>
        <translation>%1 · Fassung %2, geändert</translation>
    </message>
    <message>
        <source>%1 · version %2</source>
        <translation>%1 · Fassung %2</translation>
    </message>
    <message numerus="yes">
        <source>%n problems; the first: %1</source>
        <translation>
            <numerusform>%n Fehler: %1</numerusform>
            <numerusform>%n Fehler; der erste: %1</numerusform>
        </translation>
    </message>
    <message>
        <source>Nothing would change.</source>
        <translation>Es würde sich nichts ändern.</translation>
    </message>
    <message>
        <source>Save %1</source>
        <translation>%1 speichern</translation>
    </message>
    <message>
        <source>Save version %1 of %2</source>
        <translation>Fassung %1 von %2 speichern</translation>
    </message>
    <message>
        <source>What will change</source>
        <translation>Was sich ändert</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>The mesh has looked at it. This will change:</source>
        <translation>Das Mesh hat ihn geprüft. Das ändert sich:</translation>
    </message>
    <message>
        <source>Test run</source>
        <translation>Probelauf</translation>
    </message>
    <message>
        <source>Changed job</source>
        <translation>Geänderter Job</translation>
    </message>
    <message>
        <source>“%1” has changes that are not saved.</source>
        <translation>„%1“ hat Änderungen, die nicht gespeichert sind.</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>Verwerfen</translation>
    </message>
    <message>
        <source>The job&apos;s file</source>
        <translation>Die Datei des Jobs</translation>
    </message>
    <message>
        <source>a notice on their desktop</source>
        <translation>Meldung auf dem Desktop</translation>
    </message>
    <message>
        <source>Whose</source>
        <translation>Wessen</translation>
    </message>
    <message>
        <source>Their e-mail address, or a role of the nodes</source>
        <translation>Eine E-Mail-Adresse oder eine Rolle der Knoten</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::JobsPage</name>
    <message>
        <source>Jobs</source>
        <translation>Jobs</translation>
    </message>
    <message>
        <source>Filter by name, state, schedule or owner</source>
        <translation>Nach Name, Zustand, Zeitplan oder Eigentümer filtern</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>Filter</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Run now</source>
        <translation>Jetzt ausführen</translation>
    </message>
    <message>
        <source>Runs of the job</source>
        <translation>Läufe des Jobs</translation>
    </message>
    <message>
        <source>Runs</source>
        <translation>Läufe</translation>
    </message>
    <message>
        <source>Cancel run</source>
        <translation>Lauf abbrechen</translation>
    </message>
    <message>
        <source>Run again</source>
        <translation>Erneut ausführen</translation>
    </message>
    <message>
        <source>What succeeded is not repeated</source>
        <translation>Was gelungen ist, wird nicht wiederholt</translation>
    </message>
    <message>
        <source>Refresh</source>
        <translation>Aktualisieren</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>No node of this mesh keeps jobs</source>
        <translation>Kein Knoten dieses Mesh verwaltet Jobs</translation>
    </message>
    <message>
        <source>Jobs come with the replicated store, which each node can hold: docs/jobs.md says how to set it up.</source>
        <translation>Jobs gehören zum replizierten Speicher, den jeder Knoten halten kann: docs/jobs.md sagt, wie er eingerichtet wird.</translation>
    </message>
    <message>
        <source>There are no jobs yet</source>
        <translation>Es gibt noch keine Jobs</translation>
    </message>
    <message>
        <source>Asking the mesh for its jobs…</source>
        <translation>Das Mesh wird nach seinen Jobs gefragt…</translation>
    </message>
    <message>
        <source>Not up to date: %1</source>
        <translation>Nicht auf dem neuesten Stand: %1</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Make up for…</source>
        <translation>Nachholen…</translation>
    </message>
    <message>
        <source>Runs for the times of a range of days that have had none</source>
        <translation>Läufe für Zeiten mehrerer Tage, die noch keinen hatten</translation>
    </message>
    <message>
        <source>New job</source>
        <translation>Neuer Job</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>Bearbeiten</translation>
    </message>
    <message>
        <source>List</source>
        <translation>Liste</translation>
    </message>
    <message>
        <source>Calendar</source>
        <translation>Kalender</translation>
    </message>
    <message>
        <source>Runs of each day</source>
        <translation>Läufe jedes Tages</translation>
    </message>
    <message>
        <source>Earlier</source>
        <translation>Früher</translation>
    </message>
    <message>
        <source>Later</source>
        <translation>Später</translation>
    </message>
    <message>
        <source>Make a copy</source>
        <translation>Kopie anlegen</translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation>Entfernen…</translation>
    </message>
    <message>
        <source>%1 to %2</source>
        <translation>%1 bis %2</translation>
    </message>
    <message>
        <source> · of the last %1 runs</source>
        <translation> · der letzten %1 Läufe</translation>
    </message>
    <message>
        <source>Remove a job</source>
        <translation>Einen Job entfernen</translation>
    </message>
    <message>
        <source>“%1” and its versions are removed; its runs stay in the history.</source>
        <translation>„%1“ und seine Fassungen werden entfernt; seine Läufe bleiben im Verlauf.</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Write one here, or describe it in a file and apply it: tessera job apply nightly.yaml.</source>
        <translation>Hier einen schreiben, oder in einer Datei beschreiben und anwenden: tessera job apply nightly.yaml.</translation>
    </message>
    <message>
        <source>%1 runs as %2 until %3</source>
        <translation>%1 läuft bis %3 als %2</translation>
    </message>
    <message>
        <source>End a grant</source>
        <translation>Eine Vollmacht beenden</translation>
    </message>
    <message>
        <source>“%1” no longer runs as its owner, and a run that goes on is cancelled.</source>
        <translation>„%1“ läuft nicht mehr als sein Eigentümer, und ein Lauf, der noch dauert, wird abgebrochen.</translation>
    </message>
    <message>
        <source>End the grant</source>
        <translation>Vollmacht beenden</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::KeepQueryDialog</name>
    <message>
        <source>Keep as a saved query</source>
        <translation>Als Abfrage speichern</translation>
    </message>
    <message>
        <source>No folder</source>
        <translation>Kein Ordner</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>Behalten</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::LineageView</name>
    <message>
        <source>source</source>
        <translation>Quelle</translation>
    </message>
    <message>
        <source>view</source>
        <translation>Sicht</translation>
    </message>
    <message>
        <source>materialized view</source>
        <translation>materialisierte Sicht</translation>
    </message>
    <message>
        <source>foreign table</source>
        <translation>Fremdtabelle</translation>
    </message>
    <message>
        <source>table</source>
        <translation>Tabelle</translation>
    </message>
    <message>
        <source>%1 on %2</source>
        <translation>%1 auf %2</translation>
    </message>
    <message>
        <source>source %1 of %2</source>
        <translation>Quelle %1 von %2</translation>
    </message>
    <message>
        <source>Lineage</source>
        <translation>Herkunft</translation>
    </message>
    <message>
        <source>Used by</source>
        <translation>Verwendet von</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>Node</source>
        <translation>Knoten</translation>
    </message>
    <message>
        <source>Save picture…</source>
        <translation>Bild speichern …</translation>
    </message>
    <message>
        <source>From left to right as rows go. Enter or a double click opens a table.</source>
        <translation>Von links nach rechts, wie die Zeilen fließen. Enter oder ein Doppelklick öffnet eine Tabelle.</translation>
    </message>
    <message>
        <source>-lineage</source>
        <translation>-Herkunft</translation>
    </message>
    <message>
        <source>Saved to %1.</source>
        <translation>Gespeichert in %1.</translation>
    </message>
    <message>
        <source>Following it through the nodes…</source>
        <translation>Der Weg durch die Knoten wird verfolgt …</translation>
    </message>
    <message>
        <source>There is more than is shown here.</source>
        <translation>Es gibt mehr, als hier gezeigt wird.</translation>
    </message>
    <message>
        <source>Its lineage cannot be read</source>
        <translation>Die Herkunft lässt sich nicht lesen</translation>
    </message>
    <message>
        <source>Retry</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>Nothing that you may see uses it.</source>
        <translation>Nichts, was Sie sehen dürfen, verwendet sie.</translation>
    </message>
    <message>
        <source>The jobs could not be asked: %1</source>
        <translation>Die Jobs konnten nicht gefragt werden: %1</translation>
    </message>
    <message>
        <source>Job %1: %2</source>
        <translation>Job %1: %2</translation>
    </message>
    <message>
        <source>job, writes it in step %1</source>
        <translation>Job, schreibt sie in Schritt %1</translation>
    </message>
    <message>
        <source>job, reads it in step %1</source>
        <translation>Job, liest sie in Schritt %1</translation>
    </message>
    <message>
        <source>The endpoints could not be asked: %1</source>
        <translation>Nach den Endpunkten konnte nicht gefragt werden: %1</translation>
    </message>
    <message>
        <source>Endpoint %1: %2</source>
        <translation>Endpunkt %1: %2</translation>
    </message>
    <message>
        <source>model, reads and writes it</source>
        <translation>Modell, liest und schreibt sie</translation>
    </message>
    <message>
        <source>model, reads it</source>
        <translation>Modell, liest sie</translation>
    </message>
    <message>
        <source>endpoint, writes it</source>
        <translation>Endpunkt, schreibt sie</translation>
    </message>
    <message>
        <source>endpoint, reads it</source>
        <translation>Endpunkt, liest sie</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::MainWindow</name>
    <message>
        <source>The mesh file; else $TESSERA_MESH, else ~/.config/tessera/mesh.yaml.</source>
        <translation>Die Mesh-Datei; sonst $TESSERA_MESH, sonst ~/.config/tessera/mesh.yaml.</translation>
    </message>
    <message>
        <source>The folder for settings and unsaved text (default: %1).</source>
        <translation>Der Ordner für Einstellungen und ungespeicherten Text (Vorgabe: %1).</translation>
    </message>
    <message>
        <source>Browse and query the nodes of a mesh.</source>
        <translation>Die Knoten eines Mesh durchsehen und abfragen.</translation>
    </message>
    <message>
        <source>Tessera</source>
        <translation>Tessera</translation>
    </message>
    <message>
        <source>Catalog</source>
        <translation>Katalog</translation>
    </message>
    <message>
        <source>History</source>
        <translation>Verlauf</translation>
    </message>
    <message>
        <source>%1 — Tessera</source>
        <translation>%1 — Tessera</translation>
    </message>
    <message>
        <source>Open a mesh file</source>
        <translation>Mesh-Datei öffnen</translation>
    </message>
    <message>
        <source>Mesh files (*.yaml *.yml);;All files (*)</source>
        <translation>Mesh-Dateien (*.yaml *.yml);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Waiting for the sign-in in your browser…</source>
        <translation>Warten auf die Anmeldung in Ihrem Browser …</translation>
    </message>
    <message>
        <source>Close tab</source>
        <translation>Tab schließen</translation>
    </message>
    <message>
        <source>Signed in as %1</source>
        <translation>Angemeldet als %1</translation>
    </message>
    <message>
        <source>Not connected</source>
        <translation>Nicht verbunden</translation>
    </message>
    <message numerus="yes">
        <source>%n running</source>
        <translation>
            <numerusform>%n laufende</numerusform>
            <numerusform>%n laufende</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 on %2</source>
        <translation>%1 auf %2</translation>
    </message>
    <message>
        <source>Query %1</source>
        <translation>Abfrage %1</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>Ausführen</translation>
    </message>
    <message>
        <source>Run the selection, or the statement under the caret</source>
        <translation>Die Auswahl oder die Anweisung am Cursor ausführen</translation>
    </message>
    <message>
        <source>Run all statements</source>
        <translation>Alle Anweisungen ausführen</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Cancel the running statement</source>
        <translation>Die laufende Anweisung abbrechen</translation>
    </message>
    <message>
        <source>Stop all statements</source>
        <translation>Alle Anweisungen anhalten</translation>
    </message>
    <message>
        <source>Show the plan</source>
        <translation>Plan zeigen</translation>
    </message>
    <message>
        <source>Run and show the measured plan</source>
        <translation>Ausführen und gemessenen Plan zeigen</translation>
    </message>
    <message>
        <source>New tab</source>
        <translation>Neuer Tab</translation>
    </message>
    <message>
        <source>Reopen closed tab</source>
        <translation>Geschlossenen Tab wieder öffnen</translation>
    </message>
    <message>
        <source>Open a mesh file…</source>
        <translation>Mesh-Datei öffnen …</translation>
    </message>
    <message>
        <source>Sign in…</source>
        <translation>Anmelden …</translation>
    </message>
    <message>
        <source>Sign in by your browser, through the agent</source>
        <translation>Im Browser anmelden, durch den Agenten</translation>
    </message>
    <message>
        <source>Sign out</source>
        <translation>Abmelden</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Dark theme</source>
        <translation>Dunkles Thema</translation>
    </message>
    <message>
        <source>Go to anything…</source>
        <translation>Gehe zu beliebigem …</translation>
    </message>
    <message>
        <source>All actions…</source>
        <translation>Alle Aktionen …</translation>
    </message>
    <message>
        <source>Settings…</source>
        <translation>Einstellungen …</translation>
    </message>
    <message>
        <source>Mesh</source>
        <translation>Mesh</translation>
    </message>
    <message>
        <source>Nodes, their sources and how they are</source>
        <translation>Knoten, ihre Quellen und wie es ihnen geht</translation>
    </message>
    <message>
        <source>Running statements</source>
        <translation>Laufende Anweisungen</translation>
    </message>
    <message>
        <source>What runs on all nodes</source>
        <translation>Was auf allen Knoten läuft</translation>
    </message>
    <message>
        <source>Propose names</source>
        <translation>Namen vorschlagen</translation>
    </message>
    <message>
        <source>Show the function&apos;s arguments</source>
        <translation>Die Argumente der Funktion zeigen</translation>
    </message>
    <message>
        <source>Go to the definition</source>
        <translation>Zur Definition</translation>
    </message>
    <message>
        <source>Comment lines in or out</source>
        <translation>Zeilen aus- oder einkommentieren</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Formatieren</translation>
    </message>
    <message>
        <source>Find and replace</source>
        <translation>Suchen und ersetzen</translation>
    </message>
    <message>
        <source>Go to the next problem</source>
        <translation>Zum nächsten Problem</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>&amp;Query</source>
        <translation>&amp;Abfrage</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>&amp;Hilfe</translation>
    </message>
    <message>
        <source>About Tessera</source>
        <translation>Über Tessera</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>A&amp;nsicht</translation>
    </message>
    <message>
        <source>Go to the catalog</source>
        <translation>Zum Katalog</translation>
    </message>
    <message>
        <source>Go to the editor</source>
        <translation>Zum Editor</translation>
    </message>
    <message>
        <source>Go to the results</source>
        <translation>Zu den Ergebnissen</translation>
    </message>
    <message>
        <source>&lt;h3&gt;Tessera %1&lt;/h3&gt;&lt;p&gt;Query every database of an organisation as one, as yourself.&lt;/p&gt;&lt;p&gt;The workbench is free software under the GNU General Public License, version 3 or later; the rest of Tessera is under the Apache License 2.0.&lt;/p&gt;</source>
        <translation>&lt;h3&gt;Tessera %1&lt;/h3&gt;&lt;p&gt;Alle Datenbanken einer Organisation wie eine abfragen, als man selbst.&lt;/p&gt;&lt;p&gt;Die Workbench ist freie Software unter der GNU General Public License, Version 3 oder später; alles andere von Tessera steht unter der Apache License 2.0.&lt;/p&gt;</translation>
    </message>
    <message>
        <source>Keys of %1</source>
        <translation>Schlüssel von %1</translation>
    </message>
    <message>
        <source>Nodes, sources and what runs on them</source>
        <translation>Knoten, Quellen und was darauf läuft</translation>
    </message>
    <message>
        <source>Changed rows</source>
        <translation>Geänderte Zeilen</translation>
    </message>
    <message>
        <source>“%1” has changed cells that were not applied.</source>
        <translation>„%1“ hat geänderte Zellen, die nicht angewandt wurden.</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>Verwerfen</translation>
    </message>
    <message>
        <source>Open transaction</source>
        <translation>Offene Transaktion</translation>
    </message>
    <message>
        <source>“%1” has an open transaction.</source>
        <translation>„%1“ hat eine offene Transaktion.</translation>
    </message>
    <message>
        <source>A statement of it failed: it can only be rolled back.</source>
        <translation>Eine ihrer Anweisungen ist fehlgeschlagen: Sie kann nur zurückgerollt werden.</translation>
    </message>
    <message>
        <source>What it changed is lost unless you commit it.</source>
        <translation>Was sie geändert hat, geht ohne Commit verloren.</translation>
    </message>
    <message>
        <source>Commit</source>
        <translation>Commit</translation>
    </message>
    <message>
        <source>Roll back</source>
        <translation>Zurückrollen</translation>
    </message>
    <message>
        <source>Manual commit</source>
        <translation>Commit von Hand</translation>
    </message>
    <message>
        <source>Make what the transaction changed count</source>
        <translation>Macht gültig, was die Transaktion geändert hat</translation>
    </message>
    <message>
        <source>Undo what the transaction changed</source>
        <translation>Macht rückgängig, was die Transaktion geändert hat</translation>
    </message>
    <message>
        <source>Commit or roll back first</source>
        <translation>Erst Commit oder Zurückrollen</translation>
    </message>
    <message>
        <source>Statements of this tab count together, when you commit them; else each by itself</source>
        <translation>Die Anweisungen dieses Reiters gelten zusammen, beim Commit; sonst jede für sich</translation>
    </message>
    <message>
        <source>Files of SQL to open.</source>
        <translation>SQL-Dateien, die geöffnet werden.</translation>
    </message>
    <message>
        <source>Open a file…</source>
        <translation>Datei öffnen…</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>Save as…</source>
        <translation>Speichern unter…</translation>
    </message>
    <message>
        <source>Recent files</source>
        <translation>Zuletzt geöffnet</translation>
    </message>
    <message>
        <source>Changed file</source>
        <translation>Geänderte Datei</translation>
    </message>
    <message>
        <source>“%1” has changes that are not in the file yet.</source>
        <translation>„%1“ hat Änderungen, die noch nicht in der Datei stehen.</translation>
    </message>
    <message>
        <source>Close without saving</source>
        <translation>Schließen, ohne zu speichern</translation>
    </message>
    <message>
        <source>Open a file</source>
        <translation>Datei öffnen</translation>
    </message>
    <message>
        <source>SQL files (*.sql);;All files (*)</source>
        <translation>SQL-Dateien (*.sql);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Save as</source>
        <translation>Speichern unter</translation>
    </message>
    <message>
        <source>None yet</source>
        <translation>Noch keine</translation>
    </message>
    <message>
        <source>Keep as a saved query…</source>
        <translation>Als Abfrage speichern…</translation>
    </message>
    <message>
        <source>“%1” has changes that are not in the saved query yet.</source>
        <translation>„%1“ hat Änderungen, die noch nicht in der gespeicherten Abfrage stehen.</translation>
    </message>
    <message>
        <source>Saved queries</source>
        <translation>Gespeicherte Abfragen</translation>
    </message>
    <message>
        <source>Another workbench had changed or deleted it: your text is kept as “%1”.</source>
        <translation>Eine andere Workbench hatte sie geändert oder gelöscht: Ihr Text ist als „%1“ gespeichert.</translation>
    </message>
    <message>
        <source>saved query</source>
        <translation>gespeicherte Abfrage</translation>
    </message>
    <message>
        <source>recent file</source>
        <translation>zuletzt geöffnet</translation>
    </message>
    <message>
        <source>Without saving, “Reopen closed tab” brings them back.</source>
        <translation>Ohne zu speichern bringt „Geschlossenen Tab wieder öffnen“ sie zurück.</translation>
    </message>
    <message>
        <source>Add a source…</source>
        <translation>Eine Quelle hinzufügen…</translation>
    </message>
    <message>
        <source>A database or files, behind the node of this tab</source>
        <translation>Eine Datenbank oder Dateien, hinter dem Knoten dieses Tabs</translation>
    </message>
    <message>
        <source>Export the result…</source>
        <translation>Das Ergebnis exportieren…</translation>
    </message>
    <message>
        <source>Write the rows to a file: CSV, Parquet, Excel, JSON, SQL and others</source>
        <translation>Die Zeilen in eine Datei schreiben: CSV, Parquet, Excel, JSON, SQL und andere</translation>
    </message>
    <message>
        <source>Show the result as a chart</source>
        <translation>Das Ergebnis als Diagramm zeigen</translation>
    </message>
    <message>
        <source>explain plan estimate</source>
        <translation>explain Plan schätzen</translation>
    </message>
    <message>
        <source>explain analyze slow why performance time</source>
        <translation>explain analyze langsam warum Leistung Zeit dauert</translation>
    </message>
    <message>
        <source>execute</source>
        <translation>ausführen</translation>
    </message>
    <message>
        <source>cancel abort</source>
        <translation>abbrechen stoppen</translation>
    </message>
    <message>
        <source>save download csv parquet excel json</source>
        <translation>speichern herunterladen csv parquet excel json</translation>
    </message>
    <message>
        <source>plot graph diagram</source>
        <translation>zeichnen Grafik Kurve</translation>
    </message>
    <message>
        <source>log in login connect account</source>
        <translation>login einloggen verbinden Konto</translation>
    </message>
    <message>
        <source>log out logout</source>
        <translation>logout ausloggen</translation>
    </message>
    <message>
        <source>connect database new</source>
        <translation>verbinden Datenbank neu</translation>
    </message>
    <message>
        <source>activity sessions queries processes</source>
        <translation>Aktivität Sitzungen Abfragen Prozesse</translation>
    </message>
    <message>
        <source>nodes health</source>
        <translation>Knoten Gesundheit</translation>
    </message>
    <message>
        <source>preferences options font language theme keys</source>
        <translation>Optionen Schrift Sprache Thema Tasten</translation>
    </message>
    <message>
        <source>query editor</source>
        <translation>Abfrage Editor</translation>
    </message>
    <message>
        <source>search find table</source>
        <translation>suchen finden Tabelle</translation>
    </message>
    <message>
        <source>Jobs</source>
        <translation>Jobs</translation>
    </message>
    <message>
        <source>Scheduled jobs, their runs and logs</source>
        <translation>Geplante Jobs, ihre Läufe und Protokolle</translation>
    </message>
    <message>
        <source>schedule cron runs log etl pipeline</source>
        <translation>Zeitplan cron Läufe Protokoll etl Pipeline Aufgaben</translation>
    </message>
    <message>
        <source>%1 at the left</source>
        <translation>%1 links</translation>
    </message>
    <message>
        <source>%1 at the right</source>
        <translation>%1 rechts</translation>
    </message>
    <message>
        <source>%1 below</source>
        <translation>%1 unten</translation>
    </message>
    <message>
        <source>Places of the panels</source>
        <translation>Plätze der Bereiche</translation>
    </message>
    <message>
        <source>A job that is being written</source>
        <translation>Ein Job, der geschrieben wird</translation>
    </message>
    <message>
        <source>Endpoints</source>
        <translation>Endpunkte</translation>
    </message>
    <message>
        <source>Queries and models that applications call by name</source>
        <translation>Abfragen und Modelle, die Programme mit Namen aufrufen</translation>
    </message>
    <message>
        <source>Publish this query…</source>
        <translation>Diese Abfrage veröffentlichen…</translation>
    </message>
    <message>
        <source>Make the statement under the caret an endpoint, which applications call by name</source>
        <translation>Macht die Anweisung an der Einfügemarke zu einem Endpunkt, den Programme mit Namen aufrufen</translation>
    </message>
    <message>
        <source>api rest models openapi typescript</source>
        <translation>api rest modelle openapi typescript endpunkte schnittstelle</translation>
    </message>
    <message>
        <source>api rest endpoint</source>
        <translation>api rest endpunkt schnittstelle</translation>
    </message>
    <message>
        <source>A model that is being written</source>
        <translation>Ein Modell, das gerade geschrieben wird</translation>
    </message>
    <message>
        <source>An endpoint that is being written</source>
        <translation>Ein Endpunkt, der gerade geschrieben wird</translation>
    </message>
    <message>
        <source>There is no statement here to publish.</source>
        <translation>Hier steht keine Anweisung, die man veröffentlichen könnte.</translation>
    </message>
    <message>
        <source>You are signed in as %1.</source>
        <translation>Sie sind als %1 angemeldet.</translation>
    </message>
    <message>
        <source>%1 in a window of its own</source>
        <translation>%1 in eigenem Fenster</translation>
    </message>
    <message>
        <source>Next tab</source>
        <translation>Nächster Tab</translation>
    </message>
    <message>
        <source>Previous tab</source>
        <translation>Voriger Tab</translation>
    </message>
    <message>
        <source>Go to the next part of the window</source>
        <translation>Zum nächsten Teil des Fensters</translation>
    </message>
    <message>
        <source>Go to the part before</source>
        <translation>Zum Teil davor</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::MeshPage</name>
    <message>
        <source>Mesh</source>
        <translation>Mesh</translation>
    </message>
    <message>
        <source>Running</source>
        <translation>Laufendes</translation>
    </message>
    <message>
        <source>Audit</source>
        <translation>Protokoll</translation>
    </message>
    <message>
        <source>Refresh</source>
        <translation>Aktualisieren</translation>
    </message>
    <message>
        <source>Nodes and their sources</source>
        <translation>Knoten und ihre Quellen</translation>
    </message>
    <message>
        <source>Nodes</source>
        <translation>Knoten</translation>
    </message>
    <message>
        <source>Node or source</source>
        <translation>Knoten oder Quelle</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>What is known of it</source>
        <translation>Was davon bekannt ist</translation>
    </message>
    <message>
        <source>Fact</source>
        <translation>Merkmal</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>Wert</translation>
    </message>
    <message>
        <source>Running statements</source>
        <translation>Laufende Anweisungen</translation>
    </message>
    <message>
        <source>Filter by person, node, source or text</source>
        <translation>Nach Person, Knoten, Quelle oder Text filtern</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>Filter</translation>
    </message>
    <message>
        <source>Cancel statement</source>
        <translation>Anweisung abbrechen</translation>
    </message>
    <message>
        <source>Open text</source>
        <translation>Text öffnen</translation>
    </message>
    <message>
        <source>%1: %2.</source>
        <translation>%1: %2.</translation>
    </message>
    <message>
        <source>Sessions of other people that are not yours to see: %1.</source>
        <translation>Sitzungen anderer, die Sie nicht sehen dürfen: %1.</translation>
    </message>
    <message>
        <source>No statement has that in it</source>
        <translation>Das steht in keiner Anweisung</translation>
    </message>
    <message>
        <source>Clear the filter to see all</source>
        <translation>Leeren Sie den Filter, um alle zu sehen</translation>
    </message>
    <message>
        <source>Asking the nodes what they run…</source>
        <translation>Die Knoten werden gefragt, was bei ihnen läuft …</translation>
    </message>
    <message>
        <source>Nothing runs at the moment</source>
        <translation>Im Moment läuft nichts</translation>
    </message>
    <message>
        <source>Statements of all nodes appear here while they run</source>
        <translation>Anweisungen aller Knoten erscheinen hier, solange sie laufen</translation>
    </message>
    <message>
        <source>Session %1 of %2 was told to stop.</source>
        <translation>Der Sitzung %1 von %2 wurde gesagt, dass sie aufhören soll.</translation>
    </message>
    <message>
        <source>Session %1 of %2 was not stopped: %3.</source>
        <translation>Die Sitzung %1 von %2 wurde nicht angehalten: %3.</translation>
    </message>
    <message>
        <source>Store</source>
        <translation>Speicher</translation>
    </message>
    <message>
        <source>Shards</source>
        <translation>Shards</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::MessagesView</name>
    <message>
        <source>Messages</source>
        <translation>Meldungen</translation>
    </message>
    <message>
        <source>Notices and errors of the statements you run appear here.</source>
        <translation>Hinweise und Fehler der Anweisungen, die Sie ausführen, erscheinen hier.</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::ModelTable</name>
    <message>
        <source>never NULL</source>
        <translation>nie NULL</translation>
    </message>
    <message>
        <source>Versions of the model, side by side</source>
        <translation>Versionen des Modells nebeneinander</translation>
    </message>
    <message>
        <source>From the table</source>
        <translation>Aus der Tabelle</translation>
    </message>
    <message>
        <source>Calls</source>
        <translation>Aufrufe</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::ModelTry</name>
    <message>
        <source>Version, and what is done</source>
        <translation>Version, und was getan wird</translation>
    </message>
    <message>
        <source>Reading what it takes…</source>
        <translation>Lese, was er nimmt…</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::MovePaceDialog</name>
    <message>
        <source>Set pace</source>
        <translation>Tempo festlegen</translation>
    </message>
    <message>
        <source>Pace of shard %1 of %2</source>
        <translation>Tempo von Shard %1 von %2</translation>
    </message>
    <message>
        <source>The rows it has left at %1 are being deleted. Slower, they leave more of the source to others.</source>
        <translation>Die Zeilen, die er bei %1 hinterlassen hat, werden gelöscht. Langsamer bleibt von der Quelle mehr für andere.</translation>
    </message>
    <message>
        <source>It is on its way to %1. Slower, it leaves more of both sources to others.</source>
        <translation>Er ist auf dem Weg zu %1. Langsamer bleibt von beiden Quellen mehr für andere.</translation>
    </message>
    <message>
        <source>Rows a second</source>
        <translation>Zeilen je Sekunde</translation>
    </message>
    <message>
        <source>Telling the node…</source>
        <translation>Der Knoten wird unterrichtet…</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::MoveShardDialog</name>
    <message>
        <source>Move</source>
        <translation>Verlegen</translation>
    </message>
    <message>
        <source>Move shard %1 of %2</source>
        <translation>Shard %1 von %2 verlegen</translation>
    </message>
    <message>
        <source>Node</source>
        <translation>Knoten</translation>
    </message>
    <message>
        <source>Table</source>
        <translation>Tabelle</translation>
    </message>
    <message>
        <source>An empty table: schema.name</source>
        <translation>Eine leere Tabelle: Schema.Name</translation>
    </message>
    <message>
        <source>Rows a second</source>
        <translation>Zeilen je Sekunde</translation>
    </message>
    <message>
        <source>To node</source>
        <translation>Zum Knoten</translation>
    </message>
    <message>
        <source>Reading what tables %1 has…</source>
        <translation>Lese, welche Tabellen %1 hat…</translation>
    </message>
    <message>
        <source>Source %1, %2 rows</source>
        <translation>Quelle %1, %2 Zeilen</translation>
    </message>
    <message>
        <source>Source %1</source>
        <translation>Quelle %1</translation>
    </message>
    <message>
        <source>%1 has no table of a source that is not part of %2 already.</source>
        <translation>%1 hat keine Tabelle einer Quelle, die nicht schon zu %2 gehört.</translation>
    </message>
    <message>
        <source>Trying the place out…</source>
        <translation>Der Ort wird ausprobiert…</translation>
    </message>
    <message>
        <source>Keep the rows at the old place</source>
        <translation>Die Zeilen am alten Ort behalten</translation>
    </message>
    <message>
        <source>Else they are deleted when the shard is at its new place and nobody reads there any more</source>
        <translation>Sonst werden sie gelöscht, wenn der Shard an seinem neuen Ort ist und dort niemand mehr liest</translation>
    </message>
    <message>
        <source>Its rows are at %1. They are copied while they are read and written; then writes wait for a moment, and the shard is at its new place. The rows at the old one are deleted then.</source>
        <translation>Seine Zeilen sind bei %1. Sie werden kopiert, während sie gelesen und geschrieben werden; dann wartet das Schreiben einen Augenblick, und der Shard ist an seinem neuen Ort. Die Zeilen am alten werden dann gelöscht.</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::NewTableDialog</name>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>May read</source>
        <translation>Lesen dürfen</translation>
    </message>
    <message>
        <source>Roles; who may read what a node imports</source>
        <translation>Rollen; wer Importiertes lesen darf</translation>
    </message>
    <message>
        <source>May change</source>
        <translation>Ändern dürfen</translation>
    </message>
    <message>
        <source>Roles; nobody when empty</source>
        <translation>Rollen; leer: niemand</translation>
    </message>
    <message>
        <source>Look whether rows that are there belong to their shards</source>
        <translation>Prüfen, ob vorhandene Zeilen in ihre Shards gehören</translation>
    </message>
    <message>
        <source>Declare</source>
        <translation>Anlegen</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Query it</source>
        <translation>Abfragen</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>New sharded table</source>
        <translation>Neue verteilte Tabelle</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Rows go by</source>
        <translation>Verteilt nach</translation>
    </message>
    <message>
        <source>Hash: evenly, by all values</source>
        <translation>Hash: gleichmäßig, nach allen Werten</translation>
    </message>
    <message>
        <source>Range: from one value to another</source>
        <translation>Bereich: von einem Wert bis zum anderen</translation>
    </message>
    <message>
        <source>List: by single values</source>
        <translation>Liste: nach einzelnen Werten</translation>
    </message>
    <message>
        <source>A row in a shard that is not its own would not be found by its key</source>
        <translation>Eine Zeile in einem fremden Shard würde über ihren Schlüssel nicht gefunden</translation>
    </message>
    <message>
        <source>Its shards</source>
        <translation>Ihre Shards</translation>
    </message>
    <message>
        <source>What will be run</source>
        <translation>Was ausgeführt wird</translation>
    </message>
    <message>
        <source>Columns: which decide the shard, and which identify a row</source>
        <translation>Spalten: welche über den Shard entscheiden und welche eine Zeile kennzeichnen</translation>
    </message>
    <message>
        <source>Column</source>
        <translation>Spalte</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>Typ</translation>
    </message>
    <message>
        <source>Decides</source>
        <translation>Entscheidet</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>Schlüssel</translation>
    </message>
    <message>
        <source>Decides in which shard a row is</source>
        <translation>Entscheidet, in welchem Shard eine Zeile ist</translation>
    </message>
    <message>
        <source>Identifies a row; without a key rows can be read and inserted, but not changed</source>
        <translation>Kennzeichnet eine Zeile; ohne Schlüssel können Zeilen gelesen und eingefügt, aber nicht geändert werden</translation>
    </message>
    <message>
        <source>Takes it out of the mesh again; rows stay where they are</source>
        <translation>Nimmt sie wieder aus dem Netz; Zeilen bleiben, wo sie sind</translation>
    </message>
    <message>
        <source>Stopped. Whether it is declared the list behind this window says.</source>
        <translation>Angehalten. Ob sie angelegt ist, sagt die Liste hinter diesem Fenster.</translation>
    </message>
    <message>
        <source>No node of this mesh that has a shard map answers.</source>
        <translation>Kein Knoten dieses Netzes, der eine Shard-Karte hat, antwortet.</translation>
    </message>
    <message>
        <source>A node is looking at it…</source>
        <translation>Ein Knoten sieht sie sich an…</translation>
    </message>
    <message>
        <source>There is such a table already</source>
        <translation>Eine solche Tabelle gibt es schon</translation>
    </message>
    <message>
        <source>It can be declared. Without a key its rows can not be changed.</source>
        <translation>Sie kann angelegt werden. Ohne Schlüssel können ihre Zeilen nicht geändert werden.</translation>
    </message>
    <message>
        <source>It can be declared.</source>
        <translation>Sie kann angelegt werden.</translation>
    </message>
    <message>
        <source>Shard %1: %2</source>
        <translation>Shard %1: %2</translation>
    </message>
    <message>
        <source>%1 is declared, and served by its nodes.</source>
        <translation>%1 ist angelegt, und ihre Knoten bieten sie an.</translation>
    </message>
    <message>
        <source>%1 is declared, but not served everywhere yet:</source>
        <translation>%1 ist angelegt, wird aber noch nicht überall angeboten:</translation>
    </message>
    <message>
        <source>The node looks at the rows that are there…</source>
        <translation>Der Knoten sieht sich die vorhandenen Zeilen an…</translation>
    </message>
    <message>
        <source>The node tries the tables out…</source>
        <translation>Der Knoten probiert die Tabellen aus…</translation>
    </message>
    <message>
        <source>It is in the shard map. Served by: %1; waiting for: %2</source>
        <translation>Sie ist in der Shard-Karte. Angeboten von: %1; gewartet wird auf: %2</translation>
    </message>
    <message>
        <source>nobody yet</source>
        <translation>noch niemandem</translation>
    </message>
    <message>
        <source>nobody</source>
        <translation>niemanden</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::ObjectPage</name>
    <message>
        <source>View</source>
        <translation>Sicht</translation>
    </message>
    <message>
        <source>Materialized view</source>
        <translation>Materialisierte Sicht</translation>
    </message>
    <message>
        <source>Foreign table</source>
        <translation>Fremdtabelle</translation>
    </message>
    <message>
        <source>Table</source>
        <translation>Tabelle</translation>
    </message>
    <message>
        <source>just now</source>
        <translation>gerade eben</translation>
    </message>
    <message numerus="yes">
        <source>%n min ago</source>
        <translation>
            <numerusform>vor %n min</numerusform>
            <numerusform>vor %n min</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n h ago</source>
        <translation>
            <numerusform>vor %n h</numerusform>
            <numerusform>vor %n h</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n days ago</source>
        <translation>
            <numerusform>vor %n Tag</numerusform>
            <numerusform>vor %n Tagen</numerusform>
        </translation>
    </message>
    <message>
        <source>about %1 rows</source>
        <translation>etwa %1 Zeilen</translation>
    </message>
    <message>
        <source>rows not counted yet: ANALYZE does it</source>
        <translation>Zeilen noch nicht gezählt: ANALYZE tut es</translation>
    </message>
    <message>
        <source> · as of %1</source>
        <translation> · Stand %1</translation>
    </message>
    <message>
        <source>unique</source>
        <translation>eindeutig</translation>
    </message>
    <message>
        <source>%1 % of rows</source>
        <translation>%1 % der Zeilen</translation>
    </message>
    <message>
        <source>Refresh</source>
        <translation>Aktualisieren</translation>
    </message>
    <message>
        <source>Query</source>
        <translation>Abfragen</translation>
    </message>
    <message>
        <source>Write a SELECT of its columns into the editor</source>
        <translation>Ein SELECT ihrer Spalten in den Editor schreiben</translation>
    </message>
    <message>
        <source>Write</source>
        <translation>Schreiben</translation>
    </message>
    <message>
        <source>Write another statement into the editor</source>
        <translation>Eine andere Anweisung in den Editor schreiben</translation>
    </message>
    <message>
        <source>SELECT</source>
        <translation>SELECT</translation>
    </message>
    <message>
        <source>INSERT</source>
        <translation>INSERT</translation>
    </message>
    <message>
        <source>CREATE FOREIGN TABLE</source>
        <translation>CREATE FOREIGN TABLE</translation>
    </message>
    <message>
        <source>Describe</source>
        <translation>Beschreiben</translation>
    </message>
    <message>
        <source>Write its comment; F2 on a column writes that column&apos;s</source>
        <translation>Ihren Kommentar schreiben; F2 auf einer Spalte schreibt deren</translation>
    </message>
    <message>
        <source>Columns</source>
        <translation>Spalten</translation>
    </message>
    <message>
        <source>Column</source>
        <translation>Spalte</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>Typ</translation>
    </message>
    <message>
        <source>Null</source>
        <translation>Null</translation>
    </message>
    <message>
        <source>Distinct</source>
        <translation>Verschiedene</translation>
    </message>
    <message>
        <source>Default</source>
        <translation>Vorgabe</translation>
    </message>
    <message>
        <source>Comment</source>
        <translation>Kommentar</translation>
    </message>
    <message>
        <source>Keys and indexes</source>
        <translation>Schlüssel und Indexe</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>Definition</source>
        <translation>Definition</translation>
    </message>
    <message>
        <source>Who may use it</source>
        <translation>Wer sie verwenden darf</translation>
    </message>
    <message>
        <source>Who</source>
        <translation>Wer</translation>
    </message>
    <message>
        <source>May</source>
        <translation>Darf</translation>
    </message>
    <message>
        <source>Write the column&apos;s comment</source>
        <translation>Den Kommentar der Spalte schreiben</translation>
    </message>
    <message>
        <source>Sample</source>
        <translation>Probe</translation>
    </message>
    <message>
        <source>Lineage</source>
        <translation>Herkunft</translation>
    </message>
    <message>
        <source>Access</source>
        <translation>Zugriff</translation>
    </message>
    <message>
        <source>Comment of %1</source>
        <translation>Kommentar von %1</translation>
    </message>
    <message>
        <source>Comment of column %1</source>
        <translation>Kommentar der Spalte %1</translation>
    </message>
    <message>
        <source>Reading what the node knows of it…</source>
        <translation>Wird gelesen, was der Knoten davon weiß …</translation>
    </message>
    <message>
        <source>Retry</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>schema %1 of %2</source>
        <translation>Schema %1 von %2</translation>
    </message>
    <message>
        <source>source %1</source>
        <translation>Quelle %1</translation>
    </message>
    <message>
        <source>owner %1</source>
        <translation>Eigentümer %1</translation>
    </message>
    <message>
        <source>not null</source>
        <translation>nicht NULL</translation>
    </message>
    <message>
        <source>everybody</source>
        <translation>alle</translation>
    </message>
    <message>
        <source>Show what else has this tag</source>
        <translation>Zeigen, was dieses Tag noch hat</translation>
    </message>
    <message>
        <source>Statistics</source>
        <translation>Statistik</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::OnboardingPage</name>
    <message>
        <source>Connect to your mesh</source>
        <translation>Verbinden Sie sich mit Ihrem Mesh</translation>
    </message>
    <message>
        <source>Sign in…</source>
        <translation>Anmelden …</translation>
    </message>
    <message>
        <source>With your organisation&apos;s account, in your browser</source>
        <translation>Mit dem Konto Ihrer Organisation, in Ihrem Browser</translation>
    </message>
    <message>
        <source>Open a mesh file…</source>
        <translation>Mesh-Datei öffnen …</translation>
    </message>
    <message>
        <source>A file with the nodes&apos; addresses</source>
        <translation>Eine Datei mit den Adressen der Knoten</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Noch einmal versuchen</translation>
    </message>
    <message>
        <source>The agent starts</source>
        <translation>Der Agent startet</translation>
    </message>
    <message>
        <source>Your browser asks who you are</source>
        <translation>Ihr Browser fragt, wer Sie sind</translation>
    </message>
    <message>
        <source>The mesh is read</source>
        <translation>Das Mesh wird gelesen</translation>
    </message>
    <message>
        <source>Copy the page&apos;s address</source>
        <translation>Adresse der Seite kopieren</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Opened before</source>
        <translation>Früher geöffnet</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::ParameterBar</name>
    <message>
        <source>Value of %1</source>
        <translation>Wert von %1</translation>
    </message>
    <message>
        <source>Type of %1</source>
        <translation>Typ von %1</translation>
    </message>
    <message>
        <source>as the statement wants it</source>
        <translation>wie die Anweisung es verlangt</translation>
    </message>
    <message>
        <source>NULL</source>
        <translation>NULL</translation>
    </message>
    <message>
        <source>%1 is NULL</source>
        <translation>%1 ist NULL</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::PlacePicker</name>
    <message>
        <source>Filter</source>
        <translation>Filter</translation>
    </message>
    <message>
        <source>Tables of the mesh: filter by name</source>
        <translation>Tabellen des Netzes: nach Namen filtern</translation>
    </message>
    <message>
        <source>Tables of the mesh</source>
        <translation>Tabellen des Netzes</translation>
    </message>
    <message>
        <source>Table</source>
        <translation>Tabelle</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>Quelle</translation>
    </message>
    <message>
        <source>Rows</source>
        <translation>Zeilen</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>Hinzufügen</translation>
    </message>
    <message>
        <source>Make the chosen tables shards (Enter)</source>
        <translation>Die gewählten Tabellen zu Shards machen (Eingabe)</translation>
    </message>
    <message>
        <source>Reading what it has…</source>
        <translation>Lese, was er hat…</translation>
    </message>
    <message>
        <source>No table of a source that is free</source>
        <translation>Keine freie Tabelle einer Quelle</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::PlanGraph</name>
    <message>
        <source>%1 rows</source>
        <translation>%1 Zeilen</translation>
    </message>
    <message>
        <source>≈ %1 rows</source>
        <translation>≈ %1 Zeilen</translation>
    </message>
    <message>
        <source>here</source>
        <translation>hier</translation>
    </message>
    <message>
        <source>at %1</source>
        <translation>bei %1</translation>
    </message>
    <message>
        <source>never run</source>
        <translation>nie ausgeführt</translation>
    </message>
    <message>
        <source>On the slowest path</source>
        <translation>Auf dem langsamsten Weg</translation>
    </message>
    <message>
        <source>source</source>
        <translation>Quelle</translation>
    </message>
    <message>
        <source>≈ %1</source>
        <translation>≈ %1</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::PlanModel</name>
    <message>
        <source>%1 s</source>
        <translation>%1 s</translation>
    </message>
    <message>
        <source>%1 ms</source>
        <translation>%1 ms</translation>
    </message>
    <message>
        <source>here</source>
        <translation>hier</translation>
    </message>
    <message>
        <source>What</source>
        <translation>Was</translation>
    </message>
    <message>
        <source>Where</source>
        <translation>Wo</translation>
    </message>
    <message>
        <source>Rows: guess → real</source>
        <translation>Zeilen: geschätzt → wirklich</translation>
    </message>
    <message>
        <source>Own time</source>
        <translation>Eigene Zeit</translation>
    </message>
    <message>
        <source>Received</source>
        <translation>Empfangen</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::PlanView</name>
    <message>
        <source>Plan</source>
        <translation>Plan</translation>
    </message>
    <message>
        <source>What could be done</source>
        <translation>Was sich tun ließe</translation>
    </message>
    <message>
        <source>What the source is asked</source>
        <translation>Was die Quelle gefragt wird</translation>
    </message>
    <message>
        <source>Of the chosen part</source>
        <translation>Vom gewählten Teil</translation>
    </message>
    <message>
        <source>Took %1</source>
        <translation>Dauer %1</translation>
    </message>
    <message>
        <source>Estimated, not run</source>
        <translation>Geschätzt, nicht ausgeführt</translation>
    </message>
    <message>
        <source>planned in %1</source>
        <translation>in %1 geplant</translation>
    </message>
    <message>
        <source>%1 received from %2</source>
        <translation>%1 von %2 empfangen</translation>
    </message>
    <message>
        <source>asks %1</source>
        <translation>fragt %1</translation>
    </message>
    <message>
        <source>Nothing stands out.</source>
        <translation>Nichts fällt auf.</translation>
    </message>
    <message>
        <source>What %1 is asked</source>
        <translation>Was %1 gefragt wird</translation>
    </message>
    <message>
        <source>Time with the parts below</source>
        <translation>Zeit mit den Teilen darunter</translation>
    </message>
    <message>
        <source>Waited for the source</source>
        <translation>Auf die Quelle gewartet</translation>
    </message>
    <message>
        <source>Run so often</source>
        <translation>So oft ausgeführt</translation>
    </message>
    <message>
        <source>Rows received</source>
        <translation>Empfangene Zeilen</translation>
    </message>
    <message>
        <source>Round trips</source>
        <translation>Hin- und Rückwege</translation>
    </message>
    <message>
        <source>Not done at the source</source>
        <translation>Nicht bei der Quelle ausgeführt</translation>
    </message>
    <message>
        <source>Estimated cost</source>
        <translation>Geschätzter Aufwand</translation>
    </message>
    <message>
        <source>%1 %2 (%3 %)</source>
        <translation>%1 %2 (%3 %)</translation>
    </message>
    <message>
        <source>the node itself</source>
        <translation>der Knoten selbst</translation>
    </message>
    <message>
        <source>Where the time went: %1</source>
        <translation>Wohin die Zeit ging: %1</translation>
    </message>
    <message>
        <source>Plan as a graph</source>
        <translation>Plan als Graph</translation>
    </message>
    <message>
        <source>Beside the plan</source>
        <translation>Neben dem Plan</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Einzelheiten</translation>
    </message>
    <message>
        <source>Graph</source>
        <translation>Graph</translation>
    </message>
    <message>
        <source>From left to right as rows go. Enter or a double click shows a part&apos;s details.</source>
        <translation>Von links nach rechts, wie die Zeilen laufen. Eingabe oder ein Doppelklick zeigt die Einzelheiten eines Teils.</translation>
    </message>
    <message>
        <source>Show all</source>
        <translation>Alles zeigen</translation>
    </message>
    <message>
        <source>Save picture…</source>
        <translation>Bild speichern …</translation>
    </message>
    <message>
        <source>plan</source>
        <translation>Plan</translation>
    </message>
    <message>
        <source>Saved to %1.</source>
        <translation>Gespeichert in %1.</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::PluginRegistry</name>
    <message>
        <source>it is no plugin of the workbench</source>
        <translation>es ist kein Plugin der Workbench</translation>
    </message>
    <message>
        <source>it was made for another version of the workbench (%1)</source>
        <translation>es wurde für eine andere Version der Workbench gemacht (%1)</translation>
    </message>
    <message>
        <source>it does not say how its files&apos; names end</source>
        <translation>es sagt nicht, wie die Namen seiner Dateien enden</translation>
    </message>
    <message>
        <source>it does not have what it says</source>
        <translation>es hat nicht, was es angibt</translation>
    </message>
    <message>
        <source>The plugin %1 cannot be used: %2</source>
        <translation>Das Plugin %1 ist nicht verwendbar: %2</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::ProblemList</name>
    <message>
        <source>What is wrong</source>
        <translation>Was nicht stimmt</translation>
    </message>
    <message>
        <source>Line %1: %2</source>
        <translation>Zeile %1: %2</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::QueriesPanel</name>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Search saved queries</source>
        <translation>Gespeicherte Abfragen durchsuchen</translation>
    </message>
    <message>
        <source>Saved queries</source>
        <translation>Gespeicherte Abfragen</translation>
    </message>
    <message>
        <source>Queries you keep stand here, in folders if you like.</source>
        <translation>Hier stehen die Abfragen, die Sie behalten, auf Wunsch in Ordnern.</translation>
    </message>
    <message>
        <source>They are found by Ctrl+P, too.</source>
        <translation>Auch Strg+P findet sie.</translation>
    </message>
    <message>
        <source>Keep the current text</source>
        <translation>Aktuellen Text behalten</translation>
    </message>
    <message>
        <source>Open in a tab</source>
        <translation>In einem Tab öffnen</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Umbenennen</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>New folder</source>
        <translation>Neuer Ordner</translation>
    </message>
    <message>
        <source>Last change: %1</source>
        <translation>Letzte Änderung: %1</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::QueryTab</name>
    <message>
        <source>Node</source>
        <translation>Knoten</translation>
    </message>
    <message>
        <source>The node that runs this tab&apos;s statements</source>
        <translation>Der Knoten, der die Anweisungen dieses Tabs ausführt</translation>
    </message>
    <message>
        <source>There is no statement under the caret.</source>
        <translation>Am Cursor steht keine Anweisung.</translation>
    </message>
    <message>
        <source>Write one, or select the text to run.</source>
        <translation>Schreiben Sie eine, oder wählen Sie den Text aus, der ausgeführt werden soll.</translation>
    </message>
    <message>
        <source>There is no statement in this tab.</source>
        <translation>In diesem Tab steht keine Anweisung.</translation>
    </message>
    <message>
        <source>To measure a plan the statement has to be run. This one changes or locks rows, so these are estimates; put EXPLAIN ANALYZE before it to run it all the same.</source>
        <translation>Um einen Plan zu messen, muss die Anweisung ausgeführt werden. Diese ändert oder sperrt Zeilen, darum sind dies Schätzungen; mit EXPLAIN ANALYZE davor wird sie trotzdem ausgeführt.</translation>
    </message>
    <message>
        <source>No node is chosen to run this.</source>
        <translation>Es ist kein Knoten gewählt, der das ausführt.</translation>
    </message>
    <message>
        <source>Choose one at the top right of this tab.</source>
        <translation>Wählen Sie einen rechts oben in diesem Tab.</translation>
    </message>
    <message>
        <source>A parameter of the statement has no value yet.</source>
        <translation>Ein Parameter der Anweisung hat noch keinen Wert.</translation>
    </message>
    <message>
        <source>Fill in the field above the editor, or tick NULL, then run again.</source>
        <translation>Füllen Sie das Feld über dem Editor aus oder haken Sie NULL an, dann noch einmal ausführen.</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>abgebrochen</translation>
    </message>
    <message>
        <source>Changed rows are being applied in this tab.</source>
        <translation>In diesem Reiter werden gerade geänderte Zeilen angewandt.</translation>
    </message>
    <message>
        <source>Run the statement when that is done.</source>
        <translation>Führen Sie die Anweisung danach aus.</translation>
    </message>
    <message>
        <source>The open transaction is on this node: commit or roll back to change it</source>
        <translation>Die offene Transaktion ist auf diesem Knoten: erst Commit oder Zurückrollen, dann wechseln</translation>
    </message>
    <message>
        <source>Explain</source>
        <translation>Erklären</translation>
    </message>
    <message>
        <source>Where and how the statement runs, and why it is slow</source>
        <translation>Wo und wie die Anweisung läuft, und warum sie langsam ist</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::ResultGrid</name>
    <message>
        <source>Result rows</source>
        <translation>Ergebniszeilen</translation>
    </message>
    <message>
        <source>row %1, %2: %3</source>
        <translation>Zeile %1, %2: %3</translation>
    </message>
    <message>
        <source>NULL</source>
        <translation>NULL</translation>
    </message>
    <message>
        <source>row %1, %2</source>
        <translation>Zeile %1, %2</translation>
    </message>
    <message>
        <source>being read</source>
        <translation>wird gelesen</translation>
    </message>
    <message>
        <source>no value, NULL</source>
        <translation>kein Wert, NULL</translation>
    </message>
    <message>
        <source>empty text</source>
        <translation>leerer Text</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::ResultPage</name>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>Filter</translation>
    </message>
    <message>
        <source>Where to filter and sort</source>
        <translation>Wo gefiltert und sortiert wird</translation>
    </message>
    <message>
        <source>Here</source>
        <translation>Hier</translation>
    </message>
    <message>
        <source>On the server</source>
        <translation>Auf dem Server</translation>
    </message>
    <message>
        <source>Here: the rows that were loaded. On the server: the statement runs again.</source>
        <translation>Hier: die geladenen Zeilen. Auf dem Server: die Anweisung läuft noch einmal.</translation>
    </message>
    <message>
        <source>Column %1</source>
        <translation>Spalte %1</translation>
    </message>
    <message>
        <source>Find…</source>
        <translation>Suchen …</translation>
    </message>
    <message>
        <source>Pin</source>
        <translation>Anheften</translation>
    </message>
    <message>
        <source>Keep this result in a tab of its own while other statements run</source>
        <translation>Dieses Ergebnis in einem eigenen Tab behalten, während andere Anweisungen laufen</translation>
    </message>
    <message>
        <source>Chart</source>
        <translation>Diagramm</translation>
    </message>
    <message>
        <source>Show the rows as a chart</source>
        <translation>Die Zeilen als Diagramm zeigen</translation>
    </message>
    <message>
        <source>Columns</source>
        <translation>Spalten</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>Vergleichen</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>Abgebrochen</translation>
    </message>
    <message>
        <source>Show the cell</source>
        <translation>Die Zelle zeigen</translation>
    </message>
    <message>
        <source>Copy as</source>
        <translation>Kopieren als</translation>
    </message>
    <message>
        <source>Select all</source>
        <translation>Alles auswählen</translation>
    </message>
    <message>
        <source>The server can arrange the rows when the statement has ended.</source>
        <translation>Der Server kann die Zeilen ordnen, wenn die Anweisung zu Ende ist.</translation>
    </message>
    <message>
        <source>Sorting…</source>
        <translation>Wird sortiert …</translation>
    </message>
    <message>
        <source>Filtering…</source>
        <translation>Wird gefiltert …</translation>
    </message>
    <message>
        <source>sorted by %1</source>
        <translation>sortiert nach %1</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 von %2</translation>
    </message>
    <message>
        <source>filtered</source>
        <translation>gefiltert</translation>
    </message>
    <message>
        <source> · on the server</source>
        <translation> · auf dem Server</translation>
    </message>
    <message>
        <source> · here</source>
        <translation> · hier</translation>
    </message>
    <message>
        <source> · of the rows so far</source>
        <translation> · der bisherigen Zeilen</translation>
    </message>
    <message>
        <source>Summing up %1 cells…</source>
        <translation>%1 Zellen werden zusammengefasst …</translation>
    </message>
    <message>
        <source>%1: summing up…</source>
        <translation>%1: wird zusammengefasst …</translation>
    </message>
    <message>
        <source>Count %1</source>
        <translation>Anzahl %1</translation>
    </message>
    <message>
        <source>NULL %1</source>
        <translation>NULL %1</translation>
    </message>
    <message>
        <source>Sum ≈ %1</source>
        <translation>Summe ≈ %1</translation>
    </message>
    <message>
        <source>Sum %1</source>
        <translation>Summe %1</translation>
    </message>
    <message>
        <source>Average %1</source>
        <translation>Mittel %1</translation>
    </message>
    <message>
        <source>Min %1</source>
        <translation>Min %1</translation>
    </message>
    <message>
        <source>Max %1</source>
        <translation>Max %1</translation>
    </message>
    <message>
        <source>Distinct &gt; %1</source>
        <translation>Verschiedene &gt; %1</translation>
    </message>
    <message>
        <source>Distinct %1</source>
        <translation>Verschiedene %1</translation>
    </message>
    <message>
        <source>Tab-separated text</source>
        <translation>Text mit Tabulatoren</translation>
    </message>
    <message>
        <source>Tab-separated text with names</source>
        <translation>Text mit Tabulatoren und Namen</translation>
    </message>
    <message>
        <source>CSV</source>
        <translation>CSV</translation>
    </message>
    <message>
        <source>JSON</source>
        <translation>JSON</translation>
    </message>
    <message>
        <source>Markdown</source>
        <translation>Markdown</translation>
    </message>
    <message>
        <source>INSERT statements</source>
        <translation>INSERT-Anweisungen</translation>
    </message>
    <message>
        <source>List for IN (…)</source>
        <translation>Liste für IN (…)</translation>
    </message>
    <message>
        <source>Copying %1 cells…</source>
        <translation>%1 Zellen werden kopiert …</translation>
    </message>
    <message>
        <source>Copied %1 cells</source>
        <translation>%1 Zellen kopiert</translation>
    </message>
    <message>
        <source>Exporting %1 to %2…</source>
        <translation>%1 werden nach %2 exportiert …</translation>
    </message>
    <message>
        <source>Exported %1 to %2</source>
        <translation>%1 nach %2 exportiert</translation>
    </message>
    <message>
        <source>Comparing with %1…</source>
        <translation>Vergleich mit %1 …</translation>
    </message>
    <message>
        <source>No difference from %1</source>
        <translation>Kein Unterschied zu %1</translation>
    </message>
    <message>
        <source>%1 cells differ from %2; only here %3, only there %4</source>
        <translation>%1 Zellen unterscheiden sich von %2; nur hier %3, nur dort %4</translation>
    </message>
    <message>
        <source>The rows can be changed when all of them have come.</source>
        <translation>Die Zeilen können geändert werden, sobald alle da sind.</translation>
    </message>
    <message>
        <source>Edit the cell</source>
        <translation>Zelle bearbeiten</translation>
    </message>
    <message>
        <source>Set to NULL</source>
        <translation>Auf NULL setzen</translation>
    </message>
    <message>
        <source>Review and apply…</source>
        <translation>Prüfen und anwenden…</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>Verwerfen</translation>
    </message>
    <message>
        <source>The rows cannot be changed: %1.</source>
        <translation>Die Zeilen können nicht geändert werden: %1.</translation>
    </message>
    <message>
        <source>The changes are being applied.</source>
        <translation>Die Änderungen werden angewandt.</translation>
    </message>
    <message>
        <source>The column is computed: it is not one of the table&apos;s.</source>
        <translation>Die Spalte ist berechnet: Sie gehört nicht zur Tabelle.</translation>
    </message>
    <message>
        <source>The value is too long to be typed over: change it by a statement.</source>
        <translation>Der Wert ist zu lang, um überschrieben zu werden: Ändern Sie ihn mit einer Anweisung.</translation>
    </message>
    <message>
        <source>The column cannot be NULL.</source>
        <translation>Die Spalte kann nicht NULL sein.</translation>
    </message>
    <message>
        <source>1 cell changed</source>
        <translation>1 Zelle geändert</translation>
    </message>
    <message>
        <source>%1 cells changed</source>
        <translation>%1 Zellen geändert</translation>
    </message>
    <message>
        <source>Applying…</source>
        <translation>Wird angewandt…</translation>
    </message>
    <message>
        <source>%1 in %2, not applied yet</source>
        <translation>%1 in %2, noch nicht angewandt</translation>
    </message>
    <message>
        <source>Changed %1</source>
        <translation>%1 geändert</translation>
    </message>
    <message>
        <source>Nothing was applied. Row %1: </source>
        <translation>Nichts wurde angewandt. Zeile %1: </translation>
    </message>
    <message>
        <source>Apply or discard the changed cells first: the server sends the rows anew.</source>
        <translation>Wenden Sie die geänderten Zellen erst an oder verwerfen Sie sie: Der Server schickt die Zeilen neu.</translation>
    </message>
    <message>
        <source>Exporting the whole query to %1…</source>
        <translation>Ganze Abfrage wird nach %1 exportiert…</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Exportieren…</translation>
    </message>
    <message>
        <source>Write the rows to a file: CSV, Parquet, Excel, JSON, SQL and others</source>
        <translation>Die Zeilen in eine Datei schreiben: CSV, Parquet, Excel, JSON, SQL und andere</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>Im Ordner zeigen</translation>
    </message>
    <message>
        <source>Filter: some text, or delay &gt; 15</source>
        <translation>Filter: ein Text, oder delay &gt; 15</translation>
    </message>
    <message>
        <source>Some text, or conditions: delay &gt; 15 and state = &apos;CA&apos;. Enter filters.</source>
        <translation>Ein Text, oder Bedingungen: delay &gt; 15 and state = &apos;CA&apos;. Enter filtert.</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::ResultsPanel</name>
    <message>
        <source>1 row</source>
        <translation>1 Zeile</translation>
    </message>
    <message>
        <source>%1 rows</source>
        <translation>%1 Zeilen</translation>
    </message>
    <message>
        <source>%1 ms</source>
        <translation>%1 ms</translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation>%1 s</translation>
    </message>
    <message>
        <source>%1:%2 min</source>
        <translation>%1:%2 min</translation>
    </message>
    <message>
        <source>Results</source>
        <translation>Ergebnisse</translation>
    </message>
    <message>
        <source>Messages</source>
        <translation>Meldungen</translation>
    </message>
    <message>
        <source>Run a statement with Ctrl+Enter to see its rows here.</source>
        <translation>Führen Sie mit Strg+Enter eine Anweisung aus, um ihre Zeilen hier zu sehen.</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>angehalten</translation>
    </message>
    <message>
        <source>streaming</source>
        <translation>kommt an</translation>
    </message>
    <message>
        <source>running</source>
        <translation>läuft</translation>
    </message>
    <message>
        <source>cancelling at the node</source>
        <translation>wird am Knoten abgebrochen</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>abgebrochen</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>fehlgeschlagen</translation>
    </message>
    <message>
        <source>Waiting for the plan. Esc cancels the statement.</source>
        <translation>Warten auf den Plan. Esc bricht die Anweisung ab.</translation>
    </message>
    <message>
        <source>Waiting for the first rows. Esc cancels the statement.</source>
        <translation>Warten auf die ersten Zeilen. Esc bricht die Anweisung ab.</translation>
    </message>
    <message>
        <source>The statement was cancelled.</source>
        <translation>Die Anweisung wurde abgebrochen.</translation>
    </message>
    <message>
        <source>Cancelled after %1; the node has confirmed it.</source>
        <translation>Nach %1 abgebrochen; der Knoten hat es bestätigt.</translation>
    </message>
    <message>
        <source>%1 came before this happened: %2</source>
        <translation>%1 kamen, bevor dies geschah: %2</translation>
    </message>
    <message>
        <source>Run the statement as it was</source>
        <translation>Die Anweisung ausführen, wie sie war</translation>
    </message>
    <message>
        <source>Retry</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>%1 in %2</source>
        <translation>%1 in %2</translation>
    </message>
    <message>
        <source>%1: done in %2.</source>
        <translation>%1: fertig in %2.</translation>
    </message>
    <message>
        <source>Plan</source>
        <translation>Plan</translation>
    </message>
    <message>
        <source>The plan is in the tab beside this one. Run the statement to see its rows here.</source>
        <translation>Der Plan steht im Tab daneben. Führen Sie die Anweisung aus, um ihre Zeilen hier zu sehen.</translation>
    </message>
    <message>
        <source>A result can be pinned when all of its rows have come.</source>
        <translation>Ein Ergebnis lässt sich anheften, wenn alle seine Zeilen da sind.</translation>
    </message>
    <message>
        <source>Result %1</source>
        <translation>Ergebnis %1</translation>
    </message>
    <message>
        <source>Close this result</source>
        <translation>Dieses Ergebnis schließen</translation>
    </message>
    <message>
        <source>The result is pinned. Run a statement to see its rows here.</source>
        <translation>Das Ergebnis ist angeheftet. Führen Sie eine Anweisung aus, um ihre Zeilen hier zu sehen.</translation>
    </message>
    <message>
        <source>the last result</source>
        <translation>das letzte Ergebnis</translation>
    </message>
    <message>
        <source>With %1</source>
        <translation>Mit %1</translation>
    </message>
    <message>
        <source>Pin a result first: the next one can be compared with it</source>
        <translation>Heften Sie erst ein Ergebnis an: das nächste lässt sich damit vergleichen</translation>
    </message>
    <message>
        <source>Paused at %1: the result is large, and the node waits.</source>
        <translation>Bei %1 angehalten: das Ergebnis ist groß, und der Knoten wartet.</translation>
    </message>
    <message>
        <source>Load more</source>
        <translation>Mehr laden</translation>
    </message>
    <message>
        <source>Stop here</source>
        <translation>Hier aufhören</translation>
    </message>
    <message>
        <source>Sign in…</source>
        <translation>Anmelden…</translation>
    </message>
    <message>
        <source>Run again, keep these rows</source>
        <translation>Noch einmal ausführen, diese Zeilen behalten</translation>
    </message>
    <message>
        <source>Run it once more and show where its time goes, and what could be done</source>
        <translation>Sie noch einmal ausführen und zeigen, wohin die Zeit geht und was sich tun lässt</translation>
    </message>
    <message>
        <source>Rows appear here</source>
        <translation>Hier erscheinen Zeilen</translation>
    </message>
    <message>
        <source>Write SQL above and press Ctrl+Enter. Tables are found by their names and by words of their comments; the Explain button says why a statement is slow.</source>
        <translation>Oben SQL schreiben und Strg+Enter drücken. Tabellen werden nach ihren Namen und nach Wörtern ihrer Kommentare gefunden; „Erklären“ sagt, warum eine Anweisung langsam ist.</translation>
    </message>
    <message>
        <source>Find a table…</source>
        <translation>Eine Tabelle finden…</translation>
    </message>
    <message>
        <source>Run it on %1</source>
        <translation>Auf %1 ausführen</translation>
    </message>
    <message>
        <source>Why %1?</source>
        <translation>Warum %1?</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::ReviewDialog</name>
    <message>
        <source>Review the changes</source>
        <translation>Änderungen prüfen</translation>
    </message>
    <message>
        <source>Changed cells</source>
        <translation>Geänderte Zellen</translation>
    </message>
    <message>
        <source>Row and column</source>
        <translation>Zeile und Spalte</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>Vorher</translation>
    </message>
    <message>
        <source>After</source>
        <translation>Nachher</translation>
    </message>
    <message>
        <source>In &lt;b&gt;%1&lt;/b&gt;, in one transaction: if a row cannot be changed, none is. Rows that somebody else has changed meanwhile are not overwritten.</source>
        <translation>In &lt;b&gt;%1&lt;/b&gt;, in einer Transaktion: Kann eine Zeile nicht geändert werden, wird keine geändert. Zeilen, die inzwischen jemand anders geändert hat, werden nicht überschrieben.</translation>
    </message>
    <message>
        <source>Apply</source>
        <translation>Anwenden</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::RunDialog</name>
    <message>
        <source>the day of the run</source>
        <translation>der Tag des Laufs</translation>
    </message>
    <message>
        <source>the time of the run</source>
        <translation>die Zeit des Laufs</translation>
    </message>
    <message>
        <source>Run %1</source>
        <translation>Lauf %1</translation>
    </message>
    <message>
        <source>Make up for times of %1</source>
        <translation>Zeiten von %1 nachholen</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>Ausführen</translation>
    </message>
    <message>
        <source>Start the runs</source>
        <translation>Läufe starten</translation>
    </message>
    <message>
        <source>default: %1</source>
        <translation>Vorgabe: %1</translation>
    </message>
    <message>
        <source>choose</source>
        <translation>wählen</translation>
    </message>
    <message>
        <source>true</source>
        <translation>wahr</translation>
    </message>
    <message>
        <source>false</source>
        <translation>falsch</translation>
    </message>
    <message>
        <source>%1 (%2)</source>
        <translation>%1 (%2)</translation>
    </message>
    <message>
        <source>Times of</source>
        <translation>Zeiten von</translation>
    </message>
    <message>
        <source>First day</source>
        <translation>Erster Tag</translation>
    </message>
    <message>
        <source>Last day</source>
        <translation>Letzter Tag</translation>
    </message>
    <message numerus="yes">
        <source>More than %n times: choose fewer days.</source>
        <translation>
            <numerusform>Mehr als %n Zeit: weniger Tage wählen.</numerusform>
            <numerusform>Mehr als %n Zeiten: weniger Tage wählen.</numerusform>
        </translation>
    </message>
    <message>
        <source>There is no such time in these days.</source>
        <translation>In diesen Tagen gibt es keine solche Zeit.</translation>
    </message>
    <message numerus="yes">
        <source>%n times, from %1 to %2. Times that have had their run are left out.</source>
        <translation>
            <numerusform>%n Zeit, von %1 bis %2. Zeiten, die schon ihren Lauf hatten, werden ausgelassen.</numerusform>
            <numerusform>%n Zeiten, von %1 bis %2. Zeiten, die schon ihren Lauf hatten, werden ausgelassen.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tessera::workbench::RunView</name>
    <message>
        <source>Steps of the run</source>
        <translation>Schritte des Laufs</translation>
    </message>
    <message>
        <source>Log of the run</source>
        <translation>Protokoll des Laufs</translation>
    </message>
    <message>
        <source>The log is empty so far.</source>
        <translation>Das Protokoll ist noch leer.</translation>
    </message>
    <message>
        <source>No run is chosen.</source>
        <translation>Kein Lauf ist gewählt.</translation>
    </message>
    <message>
        <source>Run %1</source>
        <translation>Lauf %1</translation>
    </message>
    <message>
        <source>Run again from here</source>
        <translation>Ab hier noch einmal</translation>
    </message>
    <message>
        <source>The chosen step and all that come after it are done again</source>
        <translation>Der gewählte Schritt und alle danach werden noch einmal ausgeführt</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>Schritte</translation>
    </message>
    <message>
        <source>Over time</source>
        <translation>Im Verlauf</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::SchemaPage</name>
    <message>
        <source>… %1 more</source>
        <translation>… %1 weitere</translation>
    </message>
    <message>
        <source>All columns</source>
        <translation>Alle Spalten</translation>
    </message>
    <message>
        <source>Tables and their keys</source>
        <translation>Tabellen und ihre Schlüssel</translation>
    </message>
    <message>
        <source>Save picture…</source>
        <translation>Bild speichern …</translation>
    </message>
    <message>
        <source>Reading the node&apos;s names…</source>
        <translation>Die Namen des Knotens werden gelesen …</translation>
    </message>
    <message>
        <source>Saved to %1.</source>
        <translation>Gespeichert in %1.</translation>
    </message>
    <message>
        <source>There is no table in %1 that you may see</source>
        <translation>In %1 gibt es keine Tabelle, die Sie sehen dürfen</translation>
    </message>
    <message>
        <source>%1 on %2</source>
        <translation>%1 auf %2</translation>
    </message>
    <message>
        <source>tables: %1</source>
        <translation>Tabellen: %1</translation>
    </message>
    <message>
        <source>dashed: supposed by the names of columns</source>
        <translation>gestrichelt: aus den Namen von Spalten vermutet</translation>
    </message>
    <message>
        <source>only the first by name</source>
        <translation>nur die ersten nach Namen</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::SettingsDialog</name>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Search settings and shortcuts</source>
        <translation>Einstellungen und Tasten suchen</translation>
    </message>
    <message>
        <source>Categories</source>
        <translation>Kategorien</translation>
    </message>
    <message>
        <source>Appearance</source>
        <translation>Erscheinungsbild</translation>
    </message>
    <message>
        <source>Shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>Plugins</source>
        <translation>Plugins</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Plugin</source>
        <translation>Plugin</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>panel</source>
        <translation>Fenster</translation>
    </message>
    <message>
        <source>export format</source>
        <translation>Exportformat</translation>
    </message>
    <message>
        <source>cell viewer</source>
        <translation>Zellenansicht</translation>
    </message>
    <message>
        <source>ready</source>
        <translation>bereit</translation>
    </message>
    <message>
        <source>As the system has it</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>Counts from the next start. Your tabs and their text come back.</source>
        <translation>Gilt ab dem nächsten Start. Ihre Tabs und ihr Text kommen wieder.</translation>
    </message>
    <message>
        <source>Start again now</source>
        <translation>Jetzt neu starten</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>Thema</translation>
    </message>
    <message>
        <source>Size of everything</source>
        <translation>Größe von allem</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>Appearance theme light dark system size scale zoom language</source>
        <translation>Erscheinungsbild Thema hell dunkel System Größe Skalierung Zoom Sprache</translation>
    </message>
    <message>
        <source>Editor</source>
        <translation>Editor</translation>
    </message>
    <message>
        <source>Snippets</source>
        <translation>Bausteine</translation>
    </message>
    <message>
        <source>Editor font tab width indent wrap line numbers blanks proposals keywords capitals</source>
        <translation>Editor Schrift Tabulator Breite Einzug Umbruch Zeilennummern Leerzeichen Vorschläge Schlüsselwörter Großbuchstaben</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::ShardList</name>
    <message>
        <source>Shards</source>
        <translation>Shards</translation>
    </message>
    <message>
        <source>Shard</source>
        <translation>Shard</translation>
    </message>
    <message>
        <source>Table</source>
        <translation>Tabelle</translation>
    </message>
    <message>
        <source>From</source>
        <translation>Von</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>Bis vor</translation>
    </message>
    <message>
        <source>Values</source>
        <translation>Werte</translation>
    </message>
    <message>
        <source>The rest</source>
        <translation>Der Rest</translation>
    </message>
    <message>
        <source>Problem</source>
        <translation>Problem</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Up</source>
        <translation>Nach oben</translation>
    </message>
    <message>
        <source>Down</source>
        <translation>Nach unten</translation>
    </message>
    <message>
        <source>shard %1: %2</source>
        <translation>Shard %1: %2</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::ShardPlanDialog</name>
    <message>
        <source>≈ %1 s</source>
        <translation>≈ %1 s</translation>
    </message>
    <message>
        <source>What would move</source>
        <translation>Was bewegt würde</translation>
    </message>
    <message>
        <source>Table</source>
        <translation>Tabelle</translation>
    </message>
    <message>
        <source>Shard</source>
        <translation>Shard</translation>
    </message>
    <message>
        <source>From</source>
        <translation>Von</translation>
    </message>
    <message>
        <source>To</source>
        <translation>Nach</translation>
    </message>
    <message>
        <source>Rows</source>
        <translation>Zeilen</translation>
    </message>
    <message>
        <source>Bytes</source>
        <translation>Bytes</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>Keep the rows at the old places</source>
        <translation>Die Zeilen an den alten Orten behalten</translation>
    </message>
    <message>
        <source>Drain</source>
        <translation>Leeren</translation>
    </message>
    <message>
        <source>Rebalance</source>
        <translation>Ausgleichen</translation>
    </message>
    <message>
        <source>Drain node %1</source>
        <translation>Knoten %1 leeren</translation>
    </message>
    <message>
        <source>Rebalance all sharded tables</source>
        <translation>Alle verteilten Tabellen ausgleichen</translation>
    </message>
    <message>
        <source>Rebalance %1</source>
        <translation>%1 ausgleichen</translation>
    </message>
    <message>
        <source>Rows a second</source>
        <translation>Zeilen je Sekunde</translation>
    </message>
    <message>
        <source>All shards of %1 go to other nodes, and it gets no more of them until that is taken back. Tables are read and written meanwhile.</source>
        <translation>Alle Shards von %1 gehen zu anderen Knoten, und er bekommt keine mehr, bis das zurückgenommen wird. Tabellen werden währenddessen gelesen und geschrieben.</translation>
    </message>
    <message>
        <source>Shards go to other nodes until all have about as much of them. Tables are read and written meanwhile; each move can be cancelled.</source>
        <translation>Shards gehen zu anderen Knoten, bis alle etwa gleich viel haben. Tabellen werden währenddessen gelesen und geschrieben; jede Bewegung kann abgebrochen werden.</translation>
    </message>
    <message>
        <source>Of each move</source>
        <translation>Jeder Bewegung</translation>
    </message>
    <message>
        <source>Else they are deleted when a shard is at its new place and nobody reads there any more</source>
        <translation>Sonst werden sie gelöscht, wenn ein Shard an seinem neuen Ort ist und dort niemand mehr liest</translation>
    </message>
    <message>
        <source>Asking the node what would move…</source>
        <translation>Der Knoten wird gefragt, was bewegt würde…</translation>
    </message>
    <message>
        <source>The node has no shard that could move.</source>
        <translation>Der Knoten hat keinen Shard, der bewegt werden könnte.</translation>
    </message>
    <message>
        <source>Nothing would move: the nodes have about as much of them.</source>
        <translation>Nichts würde bewegt: Die Knoten haben etwa gleich viel.</translation>
    </message>
    <message>
        <source>First the node has to say what would move</source>
        <translation>Erst muss der Knoten sagen, was bewegt würde</translation>
    </message>
    <message>
        <source>Nothing would move</source>
        <translation>Nichts würde bewegt</translation>
    </message>
    <message>
        <source>Trying the places out…</source>
        <translation>Die Orte werden ausprobiert…</translation>
    </message>
    <message>
        <source>Shards that move: %1 · %2 rows · %3</source>
        <translation>Shards, die bewegt werden: %1 · %2 Zeilen · %3</translation>
    </message>
    <message>
        <source>Shards that move: %1 · their size is not known yet</source>
        <translation>Shards, die bewegt werden: %1 · ihre Größe ist noch nicht bekannt</translation>
    </message>
    <message numerus="yes">
        <source> · without %n whose size is not known yet</source>
        <translation>
            <numerusform> · ohne %n, dessen Größe noch nicht bekannt ist</numerusform>
            <numerusform> · ohne %n, deren Größe noch nicht bekannt ist</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tessera::workbench::ShardsView</name>
    <message>
        <source>Move…</source>
        <translation>Verlegen…</translation>
    </message>
    <message>
        <source>Cancel move</source>
        <translation>Verlegen abbrechen</translation>
    </message>
    <message>
        <source>Count rows</source>
        <translation>Zeilen zählen</translation>
    </message>
    <message>
        <source>Counts them where they are, instead of guessing by statistics</source>
        <translation>Zählt sie, wo sie sind, statt nach Statistiken zu schätzen</translation>
    </message>
    <message>
        <source>Drop table…</source>
        <translation>Tabelle auflösen…</translation>
    </message>
    <message>
        <source>New sharded table…</source>
        <translation>Neue verteilte Tabelle…</translation>
    </message>
    <message>
        <source>Sharded tables and their shards</source>
        <translation>Verteilte Tabellen und ihre Shards</translation>
    </message>
    <message>
        <source>Table, shard</source>
        <translation>Tabelle, Shard</translation>
    </message>
    <message>
        <source>Which rows</source>
        <translation>Welche Zeilen</translation>
    </message>
    <message>
        <source>Place</source>
        <translation>Ort</translation>
    </message>
    <message>
        <source>Rows</source>
        <translation>Zeilen</translation>
    </message>
    <message>
        <source>In use</source>
        <translation>In Gebrauch</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>More</source>
        <translation>Weiteres</translation>
    </message>
    <message>
        <source>Which version of the shard map each node serves</source>
        <translation>Welche Fassung der Shard-Karte jeder Knoten anbietet</translation>
    </message>
    <message>
        <source>Node</source>
        <translation>Knoten</translation>
    </message>
    <message>
        <source>Serves version</source>
        <translation>Bietet Fassung an</translation>
    </message>
    <message>
        <source>What keeps it from serving all</source>
        <translation>Was ihn hindert, alles anzubieten</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>Sharded tables: %1</source>
        <translation>Verteilte Tabellen: %1</translation>
    </message>
    <message>
        <source>shards: %1</source>
        <translation>Shards: %1</translation>
    </message>
    <message>
        <source>Asking the nodes for sharded tables…</source>
        <translation>Frage die Knoten nach verteilten Tabellen…</translation>
    </message>
    <message>
        <source>Retry</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>No table of this mesh is sharded</source>
        <translation>Keine Tabelle dieses Netzes ist verteilt</translation>
    </message>
    <message>
        <source>A sharded table has its rows at several nodes, and every node shows it as one</source>
        <translation>Eine verteilte Tabelle hat ihre Zeilen bei mehreren Knoten, und jeder Knoten zeigt sie als eine</translation>
    </message>
    <message>
        <source> · key %1</source>
        <translation> · Schlüssel %1</translation>
    </message>
    <message>
        <source>nodes: %1</source>
        <translation>Knoten: %1</translation>
    </message>
    <message>
        <source>reading now: %1</source>
        <translation>lesen gerade: %1</translation>
    </message>
    <message>
        <source>on the way: %1</source>
        <translation>unterwegs: %1</translation>
    </message>
    <message>
        <source>Version %1 of the map</source>
        <translation>Fassung %1 der Karte</translation>
    </message>
    <message>
        <source>May read: %1</source>
        <translation>Lesen dürfen: %1</translation>
    </message>
    <message>
        <source>May read: whoever may read what a node imports</source>
        <translation>Lesen dürfen: alle, die Importiertes eines Knotens lesen dürfen</translation>
    </message>
    <message>
        <source>May change: nobody</source>
        <translation>Ändern darf: niemand</translation>
    </message>
    <message>
        <source>May change: %1</source>
        <translation>Ändern dürfen: %1</translation>
    </message>
    <message>
        <source>shard %1</source>
        <translation>Shard %1</translation>
    </message>
    <message>
        <source>Source %1 of %2</source>
        <translation>Quelle %1 von %2</translation>
    </message>
    <message>
        <source>counting…</source>
        <translation>wird gezählt…</translation>
    </message>
    <message>
        <source>to %1: switching</source>
        <translation>nach %1: Umschalten</translation>
    </message>
    <message>
        <source>to %1: %2 rows</source>
        <translation>nach %1: %2 Zeilen</translation>
    </message>
    <message>
        <source>%1: %2/h</source>
        <translation>%1: %2/h</translation>
    </message>
    <message>
        <source>The table has no key, so that its rows can not be told apart and not be moved</source>
        <translation>Die Tabelle hat keinen Schlüssel, sodass ihre Zeilen nicht unterschieden und nicht verlegt werden können</translation>
    </message>
    <message>
        <source>To an empty table of another node, while it is read and written</source>
        <translation>In eine leere Tabelle eines anderen Knotens, während er gelesen und geschrieben wird</translation>
    </message>
    <message>
        <source>Shard %1 of %2 stays at %3.</source>
        <translation>Shard %1 von %2 bleibt bei %3.</translation>
    </message>
    <message>
        <source>Node %1 is not in this mesh, so that it can not be asked.</source>
        <translation>Der Knoten %1 ist nicht in diesem Netz und kann nicht gefragt werden.</translation>
    </message>
    <message>
        <source>%1 was not counted: %2</source>
        <translation>%1 wurde nicht gezählt: %2</translation>
    </message>
    <message>
        <source>Drop %1</source>
        <translation>%1 auflösen</translation>
    </message>
    <message>
        <source>Take %1 out of the mesh?</source>
        <translation>%1 aus dem Netz nehmen?</translation>
    </message>
    <message>
        <source>Its rows stay where they are, in the tables that it was made of. It can be declared again at any time.</source>
        <translation>Ihre Zeilen bleiben, wo sie sind, in den Tabellen, aus denen sie bestand. Sie kann jederzeit wieder angelegt werden.</translation>
    </message>
    <message>
        <source>Drop table</source>
        <translation>Auflösen</translation>
    </message>
    <message>
        <source>%1 is dropped. Its rows are where they were.</source>
        <translation>%1 ist aufgelöst. Ihre Zeilen sind, wo sie waren.</translation>
    </message>
    <message>
        <source>Shard %1 of %2 is at %3 now.</source>
        <translation>Shard %1 von %2 ist jetzt bei %3.</translation>
    </message>
    <message>
        <source>Shard %1 of %2 is on its way to %3.</source>
        <translation>Shard %1 von %2 ist auf dem Weg zu %3.</translation>
    </message>
    <message>
        <source>waits for its turn to %1</source>
        <translation>wartet, bis es nach %1 geht</translation>
    </message>
    <message>
        <source>%1 old rows deleted at %2</source>
        <translation>%1 alte Zeilen bei %2 gelöscht</translation>
    </message>
    <message>
        <source>old rows kept at %1</source>
        <translation>alte Zeilen bei %1 behalten</translation>
    </message>
    <message>
        <source>Shards</source>
        <translation>Shards</translation>
    </message>
    <message>
        <source>About %1</source>
        <translation>Etwa %1</translation>
    </message>
    <message>
        <source>%1 · gets no more</source>
        <translation>%1 · bekommt keine mehr</translation>
    </message>
    <message>
        <source>Split…</source>
        <translation>Teilen…</translation>
    </message>
    <message>
        <source>Nodes</source>
        <translation>Knoten</translation>
    </message>
    <message>
        <source>Rebalance…</source>
        <translation>Ausgleichen…</translation>
    </message>
    <message>
        <source>Drain node…</source>
        <translation>Knoten leeren…</translation>
    </message>
    <message>
        <source>All tables…</source>
        <translation>Alle Tabellen…</translation>
    </message>
    <message>
        <source>%1 and those sharded alike…</source>
        <translation>%1 und die gleich verteilten…</translation>
    </message>
    <message>
        <source>Choose a shard first</source>
        <translation>Erst einen Shard wählen</translation>
    </message>
    <message>
        <source>The shard is on its way</source>
        <translation>Der Shard ist unterwegs</translation>
    </message>
    <message>
        <source>Every node has all rows of such a table</source>
        <translation>Von einer solchen Tabelle hat jeder Knoten alle Zeilen</translation>
    </message>
    <message>
        <source>The shard has replicas: drop them first</source>
        <translation>Der Shard hat Kopien: erst diese entfernen</translation>
    </message>
    <message>
        <source>Makes two shards of one, while it is read and written</source>
        <translation>Macht aus einem Shard zwei, während er gelesen und geschrieben wird</translation>
    </message>
    <message>
        <source>There is no other node that serves the shard map</source>
        <translation>Kein anderer Knoten bedient die Karte der Shards</translation>
    </message>
    <message>
        <source>Shows what would move until all nodes have about as much</source>
        <translation>Zeigt, was bewegt würde, bis alle Knoten etwa gleich viel haben</translation>
    </message>
    <message>
        <source>Let it have shards again</source>
        <translation>Wieder Shards geben</translation>
    </message>
    <message>
        <source>Choose a node first</source>
        <translation>Erst einen Knoten wählen</translation>
    </message>
    <message>
        <source>It is drained: it gets no shards</source>
        <translation>Er ist geleert: Er bekommt keine Shards</translation>
    </message>
    <message>
        <source>Shows what would move to other nodes</source>
        <translation>Zeigt, was zu anderen Knoten bewegt würde</translation>
    </message>
    <message>
        <source>Shard %1 of %2 is being split.</source>
        <translation>Shard %1 von %2 wird geteilt.</translation>
    </message>
    <message>
        <source>%1 gets shards again.</source>
        <translation>%1 bekommt wieder Shards.</translation>
    </message>
    <message>
        <source>%1 gets no more of them.</source>
        <translation>%1 bekommt keine mehr.</translation>
    </message>
    <message>
        <source>Shards on their way: %1.</source>
        <translation>Shards unterwegs: %1.</translation>
    </message>
    <message>
        <source>%1, at most %2 rows a second</source>
        <translation>%1, höchstens %2 Zeilen je Sekunde</translation>
    </message>
    <message>
        <source>Pace…</source>
        <translation>Tempo…</translation>
    </message>
    <message>
        <source>Choose a shard that is on its way</source>
        <translation>Einen Shard wählen, der unterwegs ist</translation>
    </message>
    <message>
        <source>How many rows a second it may move from now on</source>
        <translation>Wie viele Zeilen je Sekunde von jetzt an höchstens verlegt werden</translation>
    </message>
    <message>
        <source>It stays where it is</source>
        <translation>Er bleibt, wo er ist</translation>
    </message>
    <message>
        <source>Shard %1 of %2 goes as fast as it can.</source>
        <translation>Shard %1 von %2 wird so schnell verlegt, wie es geht.</translation>
    </message>
    <message>
        <source>Shard %1 of %2 goes at %3 rows a second at most.</source>
        <translation>Shard %1 von %2 wird mit höchstens %3 Zeilen je Sekunde verlegt.</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::ShortcutsPage</name>
    <message>
        <source>Use them here</source>
        <translation>Hier verwenden</translation>
    </message>
    <message>
        <source>No keys</source>
        <translation>Keine Tasten</translation>
    </message>
    <message>
        <source>Default</source>
        <translation>Vorgabe</translation>
    </message>
    <message>
        <source>Actions and their keys</source>
        <translation>Aktionen und ihre Tasten</translation>
    </message>
    <message>
        <source>Action</source>
        <translation>Aktion</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>Tasten</translation>
    </message>
    <message>
        <source>Keys of the chosen action</source>
        <translation>Tasten der gewählten Aktion</translation>
    </message>
    <message>
        <source>Changed; the default is %1</source>
        <translation>Geändert; die Vorgabe ist %1</translation>
    </message>
    <message>
        <source>%1 is already “%2”.</source>
        <translation>%1 ist schon „%2“.</translation>
    </message>
    <message>
        <source>Choose an action, click into the field, and press the keys.</source>
        <translation>Wählen Sie eine Aktion, klicken Sie in das Feld, und drücken Sie die Tasten.</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::SnippetsPage</name>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Snippets</source>
        <translation>Bausteine</translation>
    </message>
    <message>
        <source>What it writes</source>
        <translation>Was er schreibt</translation>
    </message>
    <message>
        <source>New snippet</source>
        <translation>Neuer Baustein</translation>
    </message>
    <message>
        <source>Word</source>
        <translation>Wort</translation>
    </message>
    <message>
        <source>What it is</source>
        <translation>Was es ist</translation>
    </message>
    <message>
        <source>Type the word in an editor, then Tab. ${1:name} is the first place to be filled in, ${1} the same again; Tab goes on, Shift+Tab back.</source>
        <translation>Das Wort im Editor tippen, dann Tab. ${1:name} ist die erste Stelle zum Ausfüllen, ${1} dieselbe noch einmal; Tab geht weiter, Umschalt+Tab zurück.</translation>
    </message>
    <message>
        <source>new</source>
        <translation>neu</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::SplitShardDialog</name>
    <message>
        <source>%1 rows</source>
        <translation>%1 Zeilen</translation>
    </message>
    <message>
        <source>All its rows</source>
        <translation>Alle seine Zeilen</translation>
    </message>
    <message>
        <source>%1 at %2 are copied into two new tables while they are read and written; then writes wait for a moment. The shard keeps its number, the new one has the next.</source>
        <translation>%1 bei %2 werden in zwei neue Tabellen kopiert, während sie gelesen und geschrieben werden; dann warten Schreibende einen Moment. Der Shard behält seine Nummer, der neue hat die nächste.</translation>
    </message>
    <message>
        <source>Split</source>
        <translation>Teilen</translation>
    </message>
    <message>
        <source>Split shard %1 of %2</source>
        <translation>Shard %1 von %2 teilen</translation>
    </message>
    <message>
        <source>At node</source>
        <translation>Beim Knoten</translation>
    </message>
    <message>
        <source>%1, where it is</source>
        <translation>%1, wo er ist</translation>
    </message>
    <message>
        <source>Rows a second</source>
        <translation>Zeilen je Sekunde</translation>
    </message>
    <message>
        <source>Its rows</source>
        <translation>Seine Zeilen</translation>
    </message>
    <message>
        <source>The new one takes</source>
        <translation>Der neue nimmt</translation>
    </message>
    <message>
        <source>Values of %1: A, B</source>
        <translation>Werte von %1: A, B</translation>
    </message>
    <message>
        <source>The new one: from</source>
        <translation>Der neue: von</translation>
    </message>
    <message>
        <source>A value of each of %1</source>
        <translation>Ein Wert je Spalte von %1</translation>
    </message>
    <message>
        <source>to before</source>
        <translation>bis vor</translation>
    </message>
    <message>
        <source>The new one begins at</source>
        <translation>Der neue beginnt bei</translation>
    </message>
    <message>
        <source>By hash a shard is split into halves.</source>
        <translation>Nach Hash wird ein Shard in Hälften geteilt.</translation>
    </message>
    <message>
        <source>With commas between; &apos;a, b&apos; for one with a comma in it</source>
        <translation>Mit Kommas dazwischen; &apos;a, b&apos; für einen mit Komma darin</translation>
    </message>
    <message>
        <source>First say where the new shard begins and ends</source>
        <translation>Erst sagen, wo der neue Shard beginnt und endet</translation>
    </message>
    <message>
        <source>Trying the bounds out…</source>
        <translation>Die Grenzen werden ausprobiert…</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::SqlAssistant</name>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>und %n weitere</numerusform>
            <numerusform>und %n weitere</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tessera::workbench::SqlEditor</name>
    <message>
        <source>SQL editor</source>
        <translation>SQL-Editor</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::StatisticsView</name>
    <message>
        <source>&lt; 0.1 %</source>
        <translation>&lt; 0,1 %</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>unique</source>
        <translation>eindeutig</translation>
    </message>
    <message>
        <source>%1 of rows</source>
        <translation>%1 der Zeilen</translation>
    </message>
    <message>
        <source>Count now</source>
        <translation>Jetzt zählen</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>What the columns hold</source>
        <translation>Was die Spalten enthalten</translation>
    </message>
    <message>
        <source>Column</source>
        <translation>Spalte</translation>
    </message>
    <message>
        <source>NULL</source>
        <translation>NULL</translation>
    </message>
    <message>
        <source>Distinct</source>
        <translation>Verschiedene</translation>
    </message>
    <message>
        <source>Least</source>
        <translation>Kleinster</translation>
    </message>
    <message>
        <source>Greatest</source>
        <translation>Größter</translation>
    </message>
    <message>
        <source>Most common</source>
        <translation>Häufigste</translation>
    </message>
    <message>
        <source>Reads the table, where its rows are</source>
        <translation>Liest die Tabelle, wo ihre Zeilen sind</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Reading the node&apos;s statistics…</source>
        <translation>Lese die Statistik des Knotens…</translation>
    </message>
    <message>
        <source>The node has no statistics of it. To count reads the table once for each column.</source>
        <translation>Der Knoten hat keine Statistik von ihr. Zählen liest die Tabelle einmal für jede Spalte.</translation>
    </message>
    <message>
        <source>By the node&apos;s statistics of %1</source>
        <translation>Nach der Statistik des Knotens vom %1</translation>
    </message>
    <message>
        <source>By the node&apos;s statistics, which are estimates</source>
        <translation>Nach der Statistik des Knotens, die schätzt</translation>
    </message>
    <message>
        <source>Counting…</source>
        <translation>Wird gezählt…</translation>
    </message>
    <message>
        <source>The table has other columns by now: refresh the page</source>
        <translation>Die Tabelle hat inzwischen andere Spalten: laden Sie die Seite neu</translation>
    </message>
    <message>
        <source>Counted now: %1 rows</source>
        <translation>Jetzt gezählt: %1 Zeilen</translation>
    </message>
    <message>
        <source>Looking for the most common values of %1…</source>
        <translation>Suche die häufigsten Werte von %1…</translation>
    </message>
    <message>
        <source>Stopped. What was counted until then is shown.</source>
        <translation>Angehalten. Was bis dahin gezählt war, ist zu sehen.</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::StepChartView</name>
    <message>
        <source>The steps over the run&apos;s time</source>
        <translation>Die Schritte über die Zeit des Laufs</translation>
    </message>
    <message>
        <source> · attempt %1</source>
        <translation> · Versuch %1</translation>
    </message>
    <message>
        <source>waited %1</source>
        <translation>wartete %1</translation>
    </message>
    <message>
        <source>ran %1</source>
        <translation>lief %1</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::StepsEditor</name>
    <message>
        <source>SQL</source>
        <translation>SQL</translation>
    </message>
    <message>
        <source>Export to files</source>
        <translation>In Dateien exportieren</translation>
    </message>
    <message>
        <source>Copy into a table</source>
        <translation>In eine Tabelle kopieren</translation>
    </message>
    <message>
        <source>Refresh a view</source>
        <translation>Eine Sicht auffrischen</translation>
    </message>
    <message>
        <source>Call an address</source>
        <translation>Eine Adresse aufrufen</translation>
    </message>
    <message>
        <source>Run another job</source>
        <translation>Einen anderen Job ausführen</translation>
    </message>
    <message>
        <source>nothing yet</source>
        <translation>noch nichts</translation>
    </message>
    <message>
        <source>Steps and what they wait for</source>
        <translation>Schritte und worauf sie warten</translation>
    </message>
    <message>
        <source>Remove step</source>
        <translation>Schritt entfernen</translation>
    </message>
    <message>
        <source>Add step</source>
        <translation>Schritt hinzufügen</translation>
    </message>
    <message>
        <source>There are no steps yet: add one.</source>
        <translation>Es gibt noch keine Schritte: einen hinzufügen.</translation>
    </message>
    <message>
        <source>Time-out</source>
        <translation>Zeitgrenze</translation>
    </message>
    <message>
        <source>As the job&apos;s, else like 10m or 2h</source>
        <translation>Wie beim Job, sonst etwa 10m oder 2h</translation>
    </message>
    <message>
        <source>Tried again</source>
        <translation>Noch einmal versucht</translation>
    </message>
    <message>
        <source>How often, when it fails; as the job says when empty</source>
        <translation>Wie oft, wenn er fehlschlägt; leer: wie der Job sagt</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>What it does</source>
        <translation>Was er tut</translation>
    </message>
    <message>
        <source>Comes after</source>
        <translation>Kommt nach</translation>
    </message>
    <message>
        <source>nothing: it begins at once</source>
        <translation>nichts: er beginnt sofort</translation>
    </message>
    <message>
        <source>Rows of</source>
        <translation>Zeilen aus</translation>
    </message>
    <message>
        <source>To</source>
        <translation>Nach</translation>
    </message>
    <message>
        <source>A path beneath a node&apos;s export folders, like /data/orders-${day}.parquet</source>
        <translation>Ein Pfad unter den Exportordnern eines Knotens, etwa /data/orders-${day}.parquet</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>Parquet</source>
        <translation>Parquet</translation>
    </message>
    <message>
        <source>CSV</source>
        <translation>CSV</translation>
    </message>
    <message>
        <source>JSON, a line each</source>
        <translation>JSON, je eine Zeile</translation>
    </message>
    <message>
        <source>Excel</source>
        <translation>Excel</translation>
    </message>
    <message>
        <source>A folder each for</source>
        <translation>Je ein Ordner für</translation>
    </message>
    <message>
        <source>Columns, with commas between</source>
        <translation>Spalten, mit Kommas dazwischen</translation>
    </message>
    <message>
        <source>Into</source>
        <translation>In</translation>
    </message>
    <message>
        <source>schema.table</source>
        <translation>Schema.Tabelle</translation>
    </message>
    <message>
        <source>Rows there</source>
        <translation>Zeilen dort</translation>
    </message>
    <message>
        <source>stay</source>
        <translation>bleiben</translation>
    </message>
    <message>
        <source>are replaced</source>
        <translation>werden ersetzt</translation>
    </message>
    <message>
        <source>are replaced where the key is the same</source>
        <translation>werden ersetzt, wo der Schlüssel gleich ist</translation>
    </message>
    <message>
        <source>stay; only newer ones are added</source>
        <translation>bleiben; nur neuere kommen dazu</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>Schlüssel</translation>
    </message>
    <message>
        <source>Newer by</source>
        <translation>Neuer nach</translation>
    </message>
    <message>
        <source>A column that only grows</source>
        <translation>Eine Spalte, die nur wächst</translation>
    </message>
    <message>
        <source>View</source>
        <translation>Sicht</translation>
    </message>
    <message>
        <source>schema.view</source>
        <translation>Schema.Sicht</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Adresse</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>Methode</translation>
    </message>
    <message>
        <source>Headers</source>
        <translation>Kopfzeilen</translation>
    </message>
    <message>
        <source>A line each: Name: value</source>
        <translation>Je eine Zeile: Name: Wert</translation>
    </message>
    <message>
        <source>Body</source>
        <translation>Inhalt</translation>
    </message>
    <message>
        <source>Credential</source>
        <translation>Zugang</translation>
    </message>
    <message>
        <source>A name of the node&apos;s configuration</source>
        <translation>Ein Name aus der Konfiguration des Knotens</translation>
    </message>
    <message>
        <source>Job</source>
        <translation>Job</translation>
    </message>
    <message>
        <source>Its parameters</source>
        <translation>Seine Parameter</translation>
    </message>
    <message>
        <source>A line each: name: value</source>
        <translation>Je eine Zeile: Name: Wert</translation>
    </message>
    <message>
        <source>There is no other step</source>
        <translation>Es gibt keinen anderen Schritt</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::StoreFaultsBar</name>
    <message>
        <source>stands still</source>
        <translation>steht still</translation>
    </message>
    <message>
        <source>isolated</source>
        <translation>abgeschnitten</translation>
    </message>
    <message>
        <source>loses %1 % of the messages</source>
        <translation>verliert %1 % der Nachrichten</translation>
    </message>
    <message>
        <source>%1 ms late</source>
        <translation>%1 ms verspätet</translation>
    </message>
    <message>
        <source>Isolate…</source>
        <translation>Abschneiden …</translation>
    </message>
    <message>
        <source>Let it stand still…</source>
        <translation>Stillstehen lassen …</translation>
    </message>
    <message>
        <source>Force an election…</source>
        <translation>Wahl erzwingen …</translation>
    </message>
    <message>
        <source>Heal all</source>
        <translation>Alle heilen</translation>
    </message>
    <message>
        <source>“%1” neither hears the other members nor is heard, until it is healed.</source>
        <translation>„%1“ hört die anderen Mitglieder nicht und wird nicht gehört, bis es geheilt wird.</translation>
    </message>
    <message>
        <source>Isolate</source>
        <translation>Abschneiden</translation>
    </message>
    <message>
        <source>“%1” answers nobody, as a process that was stopped, until it is healed.</source>
        <translation>„%1“ antwortet niemandem, wie ein angehaltener Prozess, bis es geheilt wird.</translation>
    </message>
    <message>
        <source>Let it stand still</source>
        <translation>Stillstehen lassen</translation>
    </message>
    <message>
        <source>Choose a member of the test cluster</source>
        <translation>Wählen Sie ein Mitglied des Testverbunds</translation>
    </message>
    <message>
        <source>A test cluster: its members can be disturbed on purpose.</source>
        <translation>Ein Testverbund: Seine Mitglieder können absichtlich gestört werden.</translation>
    </message>
    <message>
        <source>If “%1” leads, another member stands for election at once; if not, and it hears no leader, it does.</source>
        <translation>Wenn „%1“ führt, stellt sich sofort ein anderes Mitglied zur Wahl; wenn nicht und wenn es keinen Führenden hört, es selbst.</translation>
    </message>
    <message>
        <source>Force an election</source>
        <translation>Wahl erzwingen</translation>
    </message>
    <message>
        <source>Disturb a member on purpose</source>
        <translation>Ein Mitglied absichtlich stören</translation>
    </message>
    <message>
        <source>cut from member %1</source>
        <translation>von Mitglied %1 getrennt</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::StoreView</name>
    <message>
        <source>Members of the store</source>
        <translation>Mitglieder des Speichers</translation>
    </message>
    <message>
        <source>Asking the nodes for their store…</source>
        <translation>Die Knoten werden nach ihrem Speicher gefragt…</translation>
    </message>
    <message>
        <source>Retry</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>No node of this mesh has a replicated store</source>
        <translation>Kein Knoten dieses Meshs hat einen replizierten Speicher</translation>
    </message>
    <message>
        <source>Nodes of this version have one: those that are here are older</source>
        <translation>Knoten dieser Version haben einen: Die hier sind älter</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::TransactionChip</name>
    <message>
        <source>No open transaction</source>
        <translation>Keine offene Transaktion</translation>
    </message>
    <message>
        <source>The next statement begins one</source>
        <translation>Die nächste Anweisung beginnt eine</translation>
    </message>
    <message>
        <source>Transaction open · %1</source>
        <translation>Transaktion offen · %1</translation>
    </message>
    <message>
        <source>Nothing of it counts before it is committed; others may wait for its locks</source>
        <translation>Vor dem Commit gilt nichts davon; andere warten vielleicht auf ihre Sperren</translation>
    </message>
    <message>
        <source>Transaction failed · %1</source>
        <translation>Transaktion fehlgeschlagen · %1</translation>
    </message>
    <message>
        <source>A statement of it failed: it can only be rolled back</source>
        <translation>Eine ihrer Anweisungen ist fehlgeschlagen: Sie kann nur zurückgerollt werden</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::TryPanel</name>
    <message>
        <source>%1, when empty</source>
        <translation>leer: %1</translation>
    </message>
    <message>
        <source>like %1</source>
        <translation>etwa %1</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>Senden</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>JSON, a row each line</source>
        <translation>JSON, je Zeile ein Datensatz</translation>
    </message>
    <message>
        <source>Calls it as you (Ctrl+Enter)</source>
        <translation>Ruft ihn als Sie auf (Strg+Eingabe)</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>The answer stands here.</source>
        <translation>Hier steht die Antwort.</translation>
    </message>
    <message>
        <source>Next page</source>
        <translation>Nächste Seite</translation>
    </message>
    <message>
        <source>Body of the answer</source>
        <translation>Inhalt der Antwort</translation>
    </message>
    <message>
        <source>Headers of the answer</source>
        <translation>Kopfzeilen der Antwort</translation>
    </message>
    <message>
        <source>Header</source>
        <translation>Kopfzeile</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>Wert</translation>
    </message>
    <message>
        <source>Body</source>
        <translation>Inhalt</translation>
    </message>
    <message>
        <source>Headers</source>
        <translation>Kopfzeilen</translation>
    </message>
    <message>
        <source>rows of a page: %1, up to %2</source>
        <translation>Zeilen je Seite: %1, bis zu %2</translation>
    </message>
    <message>
        <source>%1; with - before it the greatest first</source>
        <translation>%1; mit - davor das Größte zuerst</translation>
    </message>
    <message>
        <source>columns with commas between; all when empty</source>
        <translation>Spalten mit Kommas dazwischen; leer: alle</translation>
    </message>
    <message>
        <source>not given</source>
        <translation>nicht angegeben</translation>
    </message>
    <message>
        <source>Waiting for the answer…</source>
        <translation>Warten auf die Antwort…</translation>
    </message>
    <message>
        <source>Stopped.</source>
        <translation>Angehalten.</translation>
    </message>
    <message>
        <source>%1 · %2 ms · %3</source>
        <translation>%1 · %2 ms · %3</translation>
    </message>
    <message>
        <source> · cut off: there is more</source>
        <translation> · abgeschnitten: Es gibt mehr</translation>
    </message>
</context>
<context>
    <name>tessera::workbench::VersionsView</name>
    <message>
        <source>What is different</source>
        <translation>Was anders ist</translation>
    </message>
    <message>
        <source>Take this version</source>
        <translation>Diese Fassung übernehmen</translation>
    </message>
    <message>
        <source>Versions</source>
        <translation>Fassungen</translation>
    </message>
    <message>
        <source>Version</source>
        <translation>Fassung</translation>
    </message>
    <message>
        <source>When</source>
        <translation>Wann</translation>
    </message>
    <message>
        <source>By</source>
        <translation>Von</translation>
    </message>
    <message>
        <source>the version before it</source>
        <translation>der Fassung davor</translation>
    </message>
    <message>
        <source>what is being written</source>
        <translation>dem, was geschrieben wird</translation>
    </message>
    <message>
        <source>Its text becomes what is being written; it counts when you save it</source>
        <translation>Ihr Text wird zu dem, was geschrieben wird; er gilt, wenn er gespeichert ist</translation>
    </message>
    <message>
        <source>Compared with</source>
        <translation>Verglichen mit</translation>
    </message>
    <message>
        <source>There are versions once it is saved.</source>
        <translation>Fassungen gibt es, sobald er gespeichert ist.</translation>
    </message>
    <message>
        <source>There is no difference.</source>
        <translation>Es gibt keinen Unterschied.</translation>
    </message>
</context>
</TS>

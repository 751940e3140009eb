using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Portolan.Store.Files;

/// <summary>
/// The tables, as steps from one version to the next. A step that was released never changes; what is new is a further step. There is no
/// way back: an older program refuses a newer store.
/// </summary>
/// <remarks>Times are milliseconds since 1970 in UTC. <c>user_version</c> counts the steps that were made.</remarks>
internal static class StoreSchema
{
    /// <summary>SQLite's <c>application_id</c> of a store: <c>PORT</c>.</summary>
    public const int ApplicationId = 0x504f5254;

    private static readonly string[] Steps =
    [
        """
        -- A scan, a chart, a check, or a file that was imported.
        CREATE TABLE run(
          id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, started INTEGER NOT NULL, ended INTEGER, complete INTEGER NOT NULL DEFAULT 0,
          source TEXT NOT NULL, format TEXT NOT NULL, miss REAL, digest BLOB, down INTEGER);
        CREATE INDEX run_digest ON run(digest) WHERE digest IS NOT NULL;
        -- Text that many rows share, stored once: what was covered, how a host looked, facts of a port, rows of a chart.
        CREATE TABLE content(id INTEGER PRIMARY KEY, hash INTEGER NOT NULL, body BLOB NOT NULL);
        CREATE INDEX content_hash ON content(hash);
        -- An address, or a network namespace of a machine. It looked like that: "last" at the last look, "known" with all looks together.
        CREATE TABLE host(
          id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT, first_look INTEGER NOT NULL, last_look INTEGER NOT NULL,
          last_change INTEGER, last INTEGER NOT NULL, known INTEGER NOT NULL);
        -- The observations, only ever added: at that time the host looked like that.
        CREATE TABLE look(
          id INTEGER PRIMARY KEY, host INTEGER NOT NULL, at INTEGER NOT NULL, run INTEGER NOT NULL, picture INTEGER NOT NULL);
        CREATE INDEX look_host ON look(host, at);
        CREATE INDEX look_run ON look(run);
        -- Ports that are or were open.
        CREATE TABLE endpoint(
          host INTEGER NOT NULL, protocol INTEGER NOT NULL, port INTEGER NOT NULL, state INTEGER NOT NULL, facts INTEGER,
          first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, last_change INTEGER, PRIMARY KEY(host, protocol, port)) WITHOUT ROWID;
        CREATE INDEX endpoint_port ON endpoint(port, protocol);
        -- What changed: found at "at", after a look at "since" that still saw the state before.
        CREATE TABLE change(
          id INTEGER PRIMARY KEY, at INTEGER NOT NULL, since INTEGER, run INTEGER NOT NULL, host INTEGER NOT NULL, kind INTEGER NOT NULL,
          name TEXT, protocol INTEGER, port INTEGER, last_port INTEGER, ports TEXT, certain INTEGER NOT NULL,
          widened INTEGER NOT NULL, days INTEGER, before TEXT, before_state INTEGER, before_facts INTEGER,
          after TEXT, after_state INTEGER, after_facts INTEGER);
        CREATE INDEX change_host ON change(host, at);
        CREATE INDEX change_at ON change(at);
        CREATE INDEX change_port ON change(port, at);
        -- Rows of charts, and from when to when each was seen; open-ended while it is.
        CREATE TABLE chart_row(
          id INTEGER PRIMARY KEY, host INTEGER NOT NULL, protocol INTEGER NOT NULL, port INTEGER NOT NULL, body INTEGER NOT NULL,
          valid_from INTEGER NOT NULL, valid_to INTEGER);
        CREATE INDEX chart_row_host ON chart_row(host, valid_from);
        CREATE INDEX chart_row_open ON chart_row(host) WHERE valid_to IS NULL;
        -- Spans in which a machine was observed without a break; a chart by itself is a span of no length.
        CREATE TABLE observed(id INTEGER PRIMARY KEY, host INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL);
        CREATE INDEX observed_host ON observed(host, since);
        -- What is kept, and other facts of the store itself.
        CREATE TABLE setting(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        """,
        """
        -- A receiver of alerts has accepted all changes up to "accepted". A message that ends at "sending" may have reached it.
        CREATE TABLE delivery(
          receiver TEXT PRIMARY KEY, accepted INTEGER NOT NULL, sending INTEGER, at INTEGER NOT NULL) WITHOUT ROWID;
        """,
    ];

    /// <summary>The version that this program writes.</summary>
    public static int Version => Steps.Length;

    /// <summary>Brings a store up to date, all steps in one transaction.</summary>
    /// <exception cref="PortolanException">It is not a store, or that of a newer program.</exception>
    public static void Migrate(StoreConnection store)
    {
        if (VersionOf(store) == Version)
        {
            return;
        }

        store.Begin();
        var version = VersionOf(store);
        for (var step = version; step < Version; step++)
        {
            store.Script(Steps[step]);
        }

        store.Script(string.Create(
            CultureInfo.InvariantCulture, $"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {Version}"));
        store.Commit();
    }

    /// <summary>Whether the tables are others than this program made: their text is damaged.</summary>
    public static bool IsChanged(StoreConnection store)
    {
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        var expected = new StoreConnection(connection, store.Path);
        foreach (var step in Steps)
        {
            expected.Script(step);
        }

        return !Texts(expected).SequenceEqual(Texts(store), StringComparer.Ordinal);

        static List<string> Texts(StoreConnection store) => store.Read(
            "SELECT type, name, sql FROM sqlite_master ORDER BY name", [],
            static row => $"{row.TextOrNull(0)} {row.TextOrNull(1)} {row.TextOrNull(2)}");
    }

    /// <summary>The version of a store; 0 for a new file.</summary>
    /// <exception cref="PortolanException">It is not a store, or that of a newer program.</exception>
    public static int VersionOf(StoreConnection store)
    {
        var version = (int)store.Number("PRAGMA user_version");
        var application = (int)store.Number("PRAGMA application_id");
        var isEmpty = store.Number("SELECT count(*) FROM sqlite_master") == 0;
        var isForeign = application != ApplicationId
            || store.Number("SELECT count(*) FROM sqlite_master WHERE type IN ('view', 'trigger')") > 0;
        if (isForeign && !isEmpty)
        {
            throw new PortolanException(
                $"{store.Path} is a database of another program, not a store of Portolan", $"give another file: --store FILE");
        }

        return version <= Version
            ? version
            : throw new PortolanException(
                $"the store {store.Path} was written by a newer Portolan: schema {version}; this version supports {Version}",
                $"use that version (portolan version), or another store: --store FILE");
    }
}

using System.Globalization;
using Npgsql;
using Portolan.Fleet.Broker;
using Portolan.Fleet.Settings;

namespace Portolan.Fleet.Database;

/// <summary>The database of a fleet: connections, and the schema. PostgreSQL holds the truth; the broker may be lost.</summary>
public sealed class FleetDatabase : IAsyncDisposable
{
    // Any number that other programs are unlikely to lock in the same database.
    private const long SchemaLock = 0x706f_7274_6f6c_616e;

    private readonly NpgsqlDataSource _source;

    private FleetDatabase(NpgsqlDataSource source) => _source = source;

    /// <summary>The version of the schema that this program knows.</summary>
    public static int NewestSchema => Scripts().Max(static s => s.Version);

    /// <summary>Prepares connections; none is opened yet.</summary>
    /// <param name="connectionString">In Npgsql's form.</param>
    public static FleetDatabase Open(string connectionString)
    {
        var builder = new NpgsqlSlimDataSourceBuilder(connectionString);
        builder.EnableArrays();
        builder.EnableNetworkTypes();
        builder.EnableTransportSecurity();
        return new FleetDatabase(builder.Build());
    }

    /// <summary>What a person reads when the database does not work.</summary>
    /// <param name="exception">What it came to.</param>
    /// <param name="config">The file of settings; <c>null</c> for the usual one.</param>
    public static PortolanException Failure(NpgsqlException exception, string? config)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return new PortolanException(
            $"the database does not work: {BrokerLoop.Why(exception)}",
            exception is PostgresException { SqlState: PostgresErrorCodes.UndefinedTable } ? Advice.Of($"run portolan fleet init")
                : $"see that PostgreSQL runs, and that {config ?? FleetSettings.UsualFile} names it");
    }

    /// <summary>Opens a connection.</summary>
    public ValueTask<NpgsqlConnection> ConnectAsync(CancellationToken cancellation) => _source.OpenConnectionAsync(cancellation);

    /// <summary>Brings the schema to the newest version. Steps only go forward; two programs that do it at once take turns.</summary>
    /// <returns>The version before and after.</returns>
    /// <exception cref="PortolanException">The schema is newer than this program.</exception>
    public async Task<(int Before, int After)> MigrateAsync(CancellationToken cancellation)
    {
        await using var connection = await ConnectAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.RunAsync(
            "select pg_advisory_xact_lock($1)", cancellation, SchemaLock);
        await connection.RunAsync(
            "create table if not exists schema_version (version integer primary key, applied_at timestamptz not null default now())",
            cancellation);
        var before = await connection.ValueAsync<int>("select coalesce(max(version), 0) from schema_version", cancellation);
        RefuseNewer(before);
        foreach (var (version, text) in Scripts().Where(s => s.Version > before).OrderBy(static s => s.Version))
        {
            await connection.RunAsync(text, cancellation);
            await connection.RunAsync("insert into schema_version (version) values ($1)", cancellation, version);
        }

        await transaction.CommitAsync(cancellation);
        return (before, NewestSchema);
    }

    /// <summary>Refuses a schema that this program does not know.</summary>
    /// <exception cref="PortolanException">It is older or newer, or there is none.</exception>
    public async Task CheckSchemaAsync(CancellationToken cancellation)
    {
        await using var connection = await ConnectAsync(cancellation);
        var exists = await connection.ValueAsync<bool>("select to_regclass('schema_version') is not null", cancellation);
        var version = exists
            ? await connection.ValueAsync<int>("select coalesce(max(version), 0) from schema_version", cancellation) : 0;
        RefuseNewer(version);
        if (version < NewestSchema)
        {
            throw new PortolanException(
                version == 0 ? "the database has no tables of a fleet" : FormattableString.Invariant(
                    $"the database has schema {version}, and this program needs {NewestSchema}"),
                $"run portolan fleet init");
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private static void RefuseNewer(int version)
    {
        if (version > NewestSchema)
        {
            throw new PortolanException(
                FormattableString.Invariant(
                    $"the database has schema {version}, which is newer than this program ({NewestSchema})"),
                $"install the newer portolan here, too");
        }
    }

    // Embedded files such as schema/001-jobs.sql.
    private static List<(int Version, string Text)> Scripts()
    {
        var assembly = typeof(FleetDatabase).Assembly;
        var scripts = new List<(int, string)>();
        foreach (var name in assembly.GetManifestResourceNames().Where(static n => n.StartsWith("schema/", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            var file = name["schema/".Length..];
            var number = file.AsSpan(0, file.IndexOf('-', StringComparison.Ordinal));
            scripts.Add((int.Parse(number, CultureInfo.InvariantCulture), reader.ReadToEnd()));
        }

        return scripts;
    }
}

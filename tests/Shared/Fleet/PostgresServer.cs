using System.Globalization;
using System.Text;

namespace Portolan.Tests.Fleet;

/// <summary>What a database server is started with.</summary>
internal sealed record PostgresOptions
{
    /// <summary>Whether each commit is on the disk before it is acknowledged. A killed server keeps its commits without it, too.</summary>
    public bool Fsync { get; init; }

    /// <summary>Lines for the end of postgresql.conf.</summary>
    public string[] Configuration { get; init; } = [];
}

/// <summary>An empty database with a role of its own, which owns it.</summary>
/// <param name="Name">Of the database.</param>
/// <param name="User">The role.</param>
/// <param name="Password">Of the role.</param>
/// <param name="ConnectionString">As Npgsql reads it.</param>
/// <param name="Uri">As libpq reads it.</param>
internal sealed record PostgresDatabase(string Name, string User, string Password, string ConnectionString, string Uri);

/// <summary>
/// Debian's PostgreSQL as an ordinary process on 127.0.0.1 with a port and data of its own. It runs in the machine's network
/// namespace, so a test calls it outside its own. One that is never disposed ends with the test program.
/// </summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string Versions = "/usr/lib/postgresql";

    private static readonly Lazy<Task<PostgresServer>> Common = new(static () => StartAsync());

    private readonly ServerFolder _folder = new("postgres", "postgres");
    private readonly string _programs = FindPrograms()!;
    private readonly string _sockets;
    private readonly string _cluster;
    private ServerProcess? _postmaster;

    private PostgresServer(PostgresOptions options)
    {
        Port = ServerFolder.FreePorts(1)[0];
        _sockets = _folder.MakeFolder("run");
        _cluster = Path.Combine(_folder.Data, "cluster");
        var password = _folder.Write("password", Encoding.UTF8.GetBytes(Password));
        ServerFolder.Run(
            "/usr/bin/setpriv", [
                "--reuid", _folder.User, "--regid", _folder.User, "--clear-groups", "--", Path.Combine(_programs, "initdb"), "-D", _cluster,
                "-U", User, $"--pwfile={password}", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
                "--no-instructions"]);
        var durable = options.Fsync ? "on" : "off";
        File.AppendAllLines(
            Path.Combine(_cluster, "postgresql.conf"), [
                "listen_addresses = '127.0.0.1'", $"port = {Port}", $"unix_socket_directories = '{_sockets}'", $"fsync = {durable}",
                $"full_page_writes = {durable}", "shared_buffers = 32MB", "logging_collector = off", "log_line_prefix = '%m [%p] %u@%d '",
                .. options.Configuration]);
    }

    /// <summary>Why no database server can run here, or <c>null</c>.</summary>
    public static string? MissingReason =>
        FindPrograms() is null ? "PostgreSQL's server is not installed: apt-get install postgresql"
        : !Environment.IsPrivilegedProcess ? "PostgreSQL is started by root, as user postgres"
        : null;

    /// <summary>On 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>The superuser.</summary>
    public string User => "postgres";

    /// <summary>Of <see cref="User"/>, random.</summary>
    public string Password { get; } = ServerFolder.NewPassword();

    /// <summary>Has all that belongs to the server.</summary>
    public string Folder => _folder.Path;

    /// <summary>The postmaster.</summary>
    public int ProcessId => _postmaster?.Id ?? throw new InvalidOperationException("the database server is not started");

    /// <summary>The server of this test program, started on the first call. Tests share it, each with a database of its own.</summary>
    public static Task<PostgresServer> SharedAsync() => Common.Value;

    /// <summary>Makes a cluster, starts its server and waits until it accepts connections.</summary>
    public static async Task<PostgresServer> StartAsync(PostgresOptions? options = null)
    {
        if (MissingReason is { } reason)
        {
            throw new InvalidOperationException(reason);
        }

        // initdb takes its time.
        var server = await Task.Run(() => new PostgresServer(options ?? new PostgresOptions()));
        try
        {
            await server.StartPostmasterAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a database with a random name and a role of its own that may connect to no other database made so.</summary>
    public Task<PostgresDatabase> NewDatabaseAsync() => Task.Run(() =>
    {
        var name = $"test_{ServerFolder.NewPassword()[..12]}";
        var password = ServerFolder.NewPassword();
        Query($"CREATE ROLE {name} LOGIN PASSWORD '{password}'");
        Query($"CREATE DATABASE {name} OWNER {name}");
        Query($"REVOKE ALL ON DATABASE {name} FROM PUBLIC");
        return new PostgresDatabase(
            name, name, password, $"Host=127.0.0.1;Port={Port};Database={name};Username={name};Password={password}",
            $"postgresql://{name}:{password}@127.0.0.1:{Port}/{name}");
    });

    /// <summary>Runs a statement by psql as the superuser.</summary>
    /// <returns>Rows by line, columns separated by <c>|</c>.</returns>
    /// <exception cref="InvalidOperationException">It failed; psql's message is in the message.</exception>
    public string Query(string sql, string database = "postgres") =>
        Psql($"postgresql://{User}:{Password}@/{database}?host={Uri.EscapeDataString(_sockets)}&port={Port}", sql);

    /// <summary>Runs a statement by psql as the owner of a database, over TCP.</summary>
    public string Query(PostgresDatabase database, string sql) => Psql(database.Uri, sql);

    /// <summary>Writes a database to a file, as docs/fleet-operation.md does.</summary>
    public void Dump(PostgresDatabase database, string file) => ServerFolder.Run(
        Path.Combine(_programs, "pg_dump"), ["--format=custom", $"--file={file}", $"--dbname={database.Uri}"]);

    /// <summary>Reads it into an empty database, as docs/fleet-operation.md does.</summary>
    public void Restore(string file, PostgresDatabase database) => ServerFolder.Run(
        Path.Combine(_programs, "pg_restore"),
        ["--no-owner", "--no-privileges", "--single-transaction", $"--dbname={database.Uri}", file]);

    /// <summary>What the server has written so far.</summary>
    public string LogText() =>
        Path.Combine(_folder.Data, "postgres.log") is var log && File.Exists(log) ? File.ReadAllText(log) : "";

    /// <summary>Stops the server (SIGINT: it ends connections), and keeps its data.</summary>
    public async Task StopAsync()
    {
        if (_postmaster is { } postmaster)
        {
            postmaster.Signal("INT");
            await postmaster.EndAsync();
            Kill();
        }
    }

    /// <summary>Kills the postmaster and its children (SIGKILL), and keeps the data.</summary>
    public void Kill()
    {
        _folder.KillProcesses();
        _postmaster?.End();
        _postmaster = null;
    }

    /// <summary>Starts the server again on the same data and port, after <see cref="StopAsync"/> where it still runs.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await StartPostmasterAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Task.Run(_folder.Dispose);

    private static string? FindPrograms() => Directory.Exists(Versions)
        ? Directory.GetDirectories(Versions)
            .Select(static version => Path.Combine(version, "bin"))
            .Where(static folder => File.Exists(Path.Combine(folder, "postgres")))
            .OrderByDescending(static folder => folder.Length)
            .ThenByDescending(static folder => folder, StringComparer.Ordinal)
            .FirstOrDefault()
        : null;

    private async Task StartPostmasterAsync()
    {
        var postmaster = ServerProcess.Start(
            _folder, "postgres.log", new Dictionary<string, string>(StringComparer.Ordinal) { ["HOME"] = _folder.Data },
            Path.Combine(_programs, "postgres"), "-D", _cluster);
        _postmaster = postmaster;
        await postmaster.UntilAsync(() => Task.FromResult(IsReady(postmaster.Id)), "accepted connections");
    }

    /// <summary>As pg_ctl knows it: the eighth line of postmaster.pid (src/include/utils/pidfile.h).</summary>
    private bool IsReady(int id)
    {
        var file = Path.Combine(_cluster, "postmaster.pid");
        var lines = File.Exists(file) ? File.ReadAllLines(file) : [];
        return lines.Length >= 8 && lines[0] == id.ToString(CultureInfo.InvariantCulture) && lines[7].Trim() == "ready";
    }

    private string Psql(string uri, string sql) => ServerFolder.Run(
        Path.Combine(_programs, "psql"), ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", uri, "-c", sql]).TrimEnd('\n');
}

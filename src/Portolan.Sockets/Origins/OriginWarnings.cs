using System.Globalization;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Naming;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Origins;

/// <summary>What deserves attention about a process that holds a port.</summary>
public static class OriginWarnings
{
    private const string Deleted = " (deleted)";
    private const int FirstOfUsers = 1024;

    private static readonly string[] Databases =
    [
        "mysql", "mariadb", "postgres", "redis", "valkey", "keydb", "mongo", "memcached", "elasticsearch", "opensearch", "couchdb",
        "cassandra", "influxdb", "clickhouse", "neo4j", "etcd", "rethinkdb",
    ];

    /// <summary>The warnings.</summary>
    /// <param name="owner">Who holds the port.</param>
    /// <param name="port">The port.</param>
    /// <param name="binds">Where it is bound.</param>
    /// <param name="running">What runs there, or <c>null</c>.</param>
    /// <param name="modeOf">The mode of a folder; <c>null</c> where it cannot be seen.</param>
    public static IReadOnlyList<OriginWarning> Of(
        PortOwner owner, PortNumber port, IReadOnlyList<PortBind> binds, RunningService? running, Func<string, UnixFileMode?> modeOf)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentNullException.ThrowIfNull(binds);
        ArgumentNullException.ThrowIfNull(modeOf);
        var found = new List<OriginWarning>();
        if (owner.Main is not { } main || owner.Kind is OwnerKind.SocketActivation or OwnerKind.Kernel)
        {
            return found;
        }

        if (main.ExecutablePath?.EndsWith(Deleted, StringComparison.Ordinal) == true)
        {
            found.Add(new OriginWarning(
                "deleted-program", "its program file was deleted or replaced: it runs the old version until it restarts"));
        }

        var isInside = main.Container is not null || main.ContainerPath is not null;
        if (main.UserId == 0 && port.Value >= FirstOfUsers && !isInside
            && (main.ProgramGrade == NameGrade.Claimed || (main.ExecutablePath is { } path && Interpreters.Has(path))))
        {
            found.Add(new OriginWarning(
                "root", string.Create(CultureInfo.InvariantCulture, $"it runs as root, although ports from "
                    + $"{FirstOfUsers} on do not need root")));
        }

        foreach (var folder in isInside ? [] : Folders(main))
        {
            // Where the sticky bit is set nobody replaces what is another user's (/tmp).
            if (modeOf(folder) is { } mode && mode.HasFlag(UnixFileMode.OtherWrite) && !mode.HasFlag(UnixFileMode.StickyBit))
            {
                found.Add(new OriginWarning("world-writable", $"its directory {folder} is writable by any user"));
            }
        }

        var isOpen = binds.Any(static b => b.IsWildcard);
        if (isOpen && running is not null && IsDatabase(running))
        {
            found.Add(new OriginWarning("open-database", $"a database ({running.Label}) bound to every address"));
        }

        if (binds.Any(static b => !b.IsLocal) && Development(main.CommandLine ?? []) is { } server)
        {
            found.Add(new OriginWarning("development-server", $"{server} is a development server, but is bound beyond loopback"));
        }

        return found;
    }

    private static bool IsDatabase(RunningService running) => Array.Exists(
        Databases,
        name => running.Label.StartsWith(name, StringComparison.OrdinalIgnoreCase)
            || running.Protocol?.StartsWith(name, StringComparison.OrdinalIgnoreCase) == true);

    private static IEnumerable<string> Folders(ProcessInfo main)
    {
        string?[] folders = [main.WorkingDirectory, Path.GetDirectoryName(main.ExecutablePath)];
        return folders.OfType<string>().Where(static f => f.Length > 1 && f[0] == '/').Distinct(StringComparer.Ordinal);
    }

    /// <summary>The name of a server or debugger that is made for development, by its words; <c>null</c> for others.</summary>
    internal static string? Development(IReadOnlyList<string> words)
    {
        bool Has(string word) => words.Contains(word, StringComparer.Ordinal);
        bool Runs(string file) => words.Any(w => w == file || w.EndsWith($"/{file}", StringComparison.Ordinal));
        return Has("http.server") ? "python's http.server"
            : Has("runserver") && Runs("manage.py") ? "Django's runserver"
            : Runs("flask") && Has("run") ? "Flask's server"
            : Runs("php") && Has("-S") ? "PHP's built-in server"
            : Runs("vite") || Runs("vite.js") ? "Vite's server"
            : Runs("webpack-dev-server") || (Runs("webpack") && Has("serve")) ? "webpack's server"
            : Runs("next") && Has("dev") ? "Next.js' server"
            : Runs("ng") && Has("serve") ? "Angular's server"
            : Runs("gdbserver") ? "gdbserver"
            : words.Any(static w => w.StartsWith("--inspect", StringComparison.Ordinal)) ? "node's inspector"
            : words.Any(static w => w.StartsWith("-agentlib:jdwp", StringComparison.Ordinal)) ? "Java's debugger"
            : Has("debugpy") ? "Python's debugger"
            : Runs("dlv") ? "Delve"
            : null;
    }
}

using System.Globalization;
using Portolan.Linux;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Origins;

/// <summary>What chose the port of a process: an argument, a variable of its environment, a line of its configuration.</summary>
internal static class PortChoice
{
    private const int LongestFile = 256 * 1024;
    private const int MostFiles = 16;
    private const int LongestArgument = 60;

    private static readonly string[] Endings =
        [".conf", ".cfg", ".cnf", ".ini", ".yaml", ".yml", ".toml", ".json", ".properties", ".xml", ".env", ".config", ".rc"];

    /// <summary>Where well-known programs have their configuration when no argument says so.</summary>
    private static readonly (string Program, string[] Files)[] Usual =
    [
        ("sshd", ["/etc/ssh/sshd_config"]),
        ("nginx", ["/etc/nginx/nginx.conf", "/etc/nginx/conf.d/default.conf", "/etc/nginx/sites-enabled/default"]),
        ("apache2", ["/etc/apache2/ports.conf"]),
        ("httpd", ["/etc/httpd/conf/httpd.conf"]),
        ("redis-server", ["/etc/redis/redis.conf"]),
        ("mysqld", ["/etc/mysql/my.cnf", "/etc/mysql/mysql.conf.d/mysqld.cnf"]),
        ("mariadbd", ["/etc/mysql/my.cnf", "/etc/mysql/mariadb.conf.d/50-server.cnf"]),
        ("cupsd", ["/etc/cups/cupsd.conf"]),
        ("dnsmasq", ["/etc/dnsmasq.conf"]),
        ("haproxy", ["/etc/haproxy/haproxy.cfg"]),
        ("vsftpd", ["/etc/vsftpd.conf"]),
    ];

    /// <summary>Files of a project in whose folder a server was started; PostgreSQL's lies in the folder of its data.</summary>
    private static readonly string[] OfFolder =
    [
        ".env", "postgresql.conf", "package.json", "appsettings.json", "application.properties", "config/puma.rb", "Procfile",
    ];

    private static readonly string[] Hints = ["port", "listen", "bind", "addr", "url", "host", "serve"];

    /// <summary>The fact; <c>null</c> where nothing names the port.</summary>
    /// <param name="owner">Who holds it.</param>
    /// <param name="port">The port.</param>
    /// <param name="environment">The environment of a process, a line each; <c>null</c> where it is hidden.</param>
    /// <param name="units">The unit files.</param>
    public static OriginFact? Find(
        PortOwner owner, PortNumber port, Func<int, IReadOnlyList<string>?> environment, UnitFiles units)
    {
        var number = port.Value.ToString(CultureInfo.InvariantCulture);
        if (owner.ActivatedBy is { } socket && units.Find(socket) is { } file)
        {
            return new OriginFact("socket", $"ListenStream= or ListenDatagram= of {socket}", file);
        }

        if (owner.Main is not { } main || owner.Kind == OwnerKind.SocketActivation)
        {
            return null;
        }

        return OfArguments(main, number) ?? OfEnvironment(main, number, environment) ?? OfFiles(main, number);
    }

    /// <summary>Whether a text has the number as a whole one.</summary>
    internal static bool Mentions(ReadOnlySpan<char> text, string number)
    {
        for (var start = 0; text[start..].IndexOf(number, StringComparison.Ordinal) is >= 0 and var at;)
        {
            var (from, to) = (start + at, start + at + number.Length);
            if ((from == 0 || !char.IsAsciiDigit(text[from - 1])) && (to == text.Length || !char.IsAsciiDigit(text[to])))
            {
                return true;
            }

            start = to;
        }

        return false;
    }

    private static OriginFact? OfArguments(ProcessInfo main, string number)
    {
        var words = main.CommandLine ?? [];
        for (var i = 1; i < words.Count; i++)
        {
            if (words[i].Length <= LongestArgument && Mentions(words[i], number))
            {
                var shown = words[i] == number && i > 1 && words[i - 1].StartsWith('-') ? $"{words[i - 1]} {words[i]}" : words[i];
                return new OriginFact("argument", $"{shown} on its command line", "command line");
            }
        }

        return null;
    }

    // The value may be a secret's neighbour: only the port of it is shown.
    private static OriginFact? OfEnvironment(ProcessInfo main, string number, Func<int, IReadOnlyList<string>?> environment)
    {
        OriginFact? found = null;
        foreach (var line in environment(main.Pid) ?? [])
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                continue;
            }

            var name = line[..equals];
            var value = line.AsSpan(equals + 1);
            if (value.SequenceEqual(number))
            {
                found = new OriginFact("environment", $"{name}={number} in its environment", "environment");
                if (name.EndsWith("PORT", StringComparison.OrdinalIgnoreCase))
                {
                    return found;
                }
            }
            else if (found is null && value.EndsWith($":{number}", StringComparison.Ordinal))
            {
                found = new OriginFact("environment", $"{name}=…:{number} in its environment", "environment");
            }
        }

        return found;
    }

    private static OriginFact? OfFiles(ProcessInfo main, string number)
    {
        // Paths of a container are those of its own mounts.
        if (main.Container is not null || main.ContainerPath is not null)
        {
            return null;
        }

        foreach (var path in Candidates(main).Distinct(StringComparer.Ordinal).Take(MostFiles))
        {
            var at = 0;
            foreach (var line in (SmallFile.Text(path, LongestFile) ?? "").Split('\n'))
            {
                at++;
                if (IsOfPort(line, number))
                {
                    return new OriginFact("file", string.Create(CultureInfo.InvariantCulture, $"line {at} of {path}"), path);
                }
            }
        }

        return null;
    }

    private static bool IsOfPort(string line, string number)
    {
        var text = line.AsSpan().Trim();
        return text.Length > 0 && text[0] is not ('#' or ';') && !text.StartsWith("//", StringComparison.Ordinal)
            && Mentions(text, number) && (HasHint(text) || text.Contains($":{number}", StringComparison.Ordinal));
    }

    private static bool HasHint(ReadOnlySpan<char> text)
    {
        foreach (var hint in Hints)
        {
            if (text.Contains(hint, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<string> Candidates(ProcessInfo main)
    {
        var folder = main.WorkingDirectory is { Length: > 1 } place && !place.EndsWith(" (deleted)", StringComparison.Ordinal)
            ? place : null;
        foreach (var word in (main.CommandLine ?? []).Skip(1))
        {
            // As in --config=FILE and config_file=FILE.
            var path = word[(word.IndexOf('=', StringComparison.Ordinal) + 1)..];
            if (Array.Exists(Endings, ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)))
            {
                if (path.StartsWith('/'))
                {
                    yield return path;
                }
                else if (folder is not null && !path.StartsWith('-'))
                {
                    yield return Path.Combine(folder, path);
                }
            }
        }

        foreach (var path in Array.Find(Usual, u => u.Program == main.Name).Files ?? [])
        {
            yield return path;
        }

        foreach (var name in folder is null ? [] : OfFolder)
        {
            yield return Path.Combine(folder!, name);
        }
    }
}

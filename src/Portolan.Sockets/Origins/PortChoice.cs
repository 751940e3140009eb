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

    /// <summary>
    /// The file that a well-known program reads when no argument names one, and whether a program that has no argument for it reads none.
    /// </summary>
    private static readonly (string Program, string File, bool NeedsArgument)[] Usual =
    [
        ("sshd", "/etc/ssh/sshd_config", false),
        ("nginx", "/etc/nginx/nginx.conf", false),
        ("apache2", "/etc/apache2/apache2.conf", false),
        ("httpd", "/etc/httpd/conf/httpd.conf", false),
        ("redis-server", "/etc/redis/redis.conf", true),
        ("valkey-server", "/etc/valkey/valkey.conf", true),
        ("mysqld", "/etc/mysql/my.cnf", false),
        ("mariadbd", "/etc/mysql/my.cnf", false),
        ("cupsd", "/etc/cups/cupsd.conf", false),
        ("dnsmasq", "/etc/dnsmasq.conf", false),
        ("haproxy", "/etc/haproxy/haproxy.cfg", true),
        ("vsftpd", "/etc/vsftpd.conf", false),
    ];

    /// <summary>Options whose value is the configuration; for a folder see <see cref="OfDataFolder"/>.</summary>
    private static readonly string[] FileOptions = ["-c", "-f", "-C", "--file", "--defaults-file", "--settings", "--cfg", "--env-file"];

    private const string OfDataFolder = "postgresql.conf";

    /// <summary>Files of a project in whose folder a server was started: likely to be read. PostgreSQL's lies with its data.</summary>
    private static readonly string[] OfFolder =
    [
        ".env", OfDataFolder, "package.json", "appsettings.json", "application.properties", "config/puma.rb", "Procfile",
    ];

    private static readonly string[] Hints = ["port", "listen", "bind", "addr", "url", "host", "serve"];

    /// <summary>The fact; <c>null</c> where nothing names the port.</summary>
    /// <param name="owner">Who holds it.</param>
    /// <param name="port">The port.</param>
    /// <param name="environment">The environment of a process, a line each; <c>null</c> where it is hidden.</param>
    /// <param name="units">The unit files.</param>
    /// <param name="rootOf">The folder in which the files of a process are found as it sees them; <c>null</c> where that is hidden.</param>
    public static OriginFact? Find(
        PortOwner owner, PortNumber port, Func<int, IReadOnlyList<string>?> environment, UnitFiles units, Func<int, string?> rootOf)
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

        var words = WrittenArguments.Of(main);
        var files = OfFiles(main, words, number, rootOf);
        return OfArguments(words ?? [], number) ?? (files is { IsGuess: false } ? files : null)
            ?? OfEnvironment(main, number, environment) ?? files;
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

    private static OriginFact? OfArguments(IReadOnlyList<string> words, string number)
    {
        for (var i = 1; i < words.Count; i++)
        {
            // The number in the name of a file says nothing.
            if (words[i].Length <= LongestArgument && Mentions(words[i], number) && !IsFile(words[i])
                && Array.IndexOf(FileOptions, words[i - 1]) < 0)
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

    private static OriginFact? OfFiles(
        ProcessInfo main, IReadOnlyList<string>? words, string number, Func<int, string?> rootOf)
    {
        // Paths of a container are those of its own mounts.
        if (main.Container is not null || main.ContainerPath is not null)
        {
            return null;
        }

        // Where the process sees other files than this program, those of this program's root are a guess.
        var root = rootOf(main.Pid);
        var read = new HashSet<string>(StringComparer.Ordinal);
        OriginFact? guess = null;
        foreach (var (path, isGuess) in Candidates(main, words))
        {
            var pending = new Queue<string>([path]);
            while (pending.TryDequeue(out var file) && read.Count < MostFiles)
            {
                if (!read.Add(file) || SmallFile.Text($"{root}{file}", LongestFile) is not { } text)
                {
                    continue;
                }

                var at = 0;
                foreach (var line in text.Split('\n'))
                {
                    at++;
                    if (IsOfPort(line, number))
                    {
                        var place = string.Create(CultureInfo.InvariantCulture, $"line {at} of {file}");
                        if (!isGuess && root is not null)
                        {
                            return new OriginFact("file", place, file);
                        }

                        guess ??= new OriginFact("file", $"perhaps {place}: {WhyGuess(words, root)}", file) { IsGuess = true };
                    }

                    foreach (var included in ConfigurationIncludes.Of(line, file, root ?? ""))
                    {
                        pending.Enqueue(included);
                    }
                }
            }
        }

        return guess;
    }

    private static string WhyGuess(IReadOnlyList<string>? words, string? root) =>
        words is null ? "the process has overwritten its command line"
        : root is null ? "the process's file system is hidden"
        : "no argument names the file";

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

    /// <summary>The files that may have named the port; those named by an argument come first.</summary>
    private static IEnumerable<(string Path, bool IsGuess)> Candidates(ProcessInfo main, IReadOnlyList<string>? words)
    {
        var folder = main.WorkingDirectory is { Length: > 1 } place && !place.EndsWith(" (deleted)", StringComparison.Ordinal)
            ? place : null;
        var isNamed = false;
        for (var i = 1; i < (words?.Count ?? 0); i++)
        {
            var (word, before) = (words![i], words[i - 1]);
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var (option, value) = equals > 0 ? (word[..equals], word[(equals + 1)..]) : (before, word);
            var isFile = IsFileOption(option) && !value.StartsWith('-');
            if (main.Name is "postgres" or "postmaster" && option == "-D" && equals < 0)
            {
                yield return (Path.Combine(value, OfDataFolder), false);
            }
            else if (isFile || IsFile(value))
            {
                // What is neither an option's value nor one that names a configuration may be a file that is written.
                var isArgument = isFile || (equals < 0 && !before.StartsWith('-'));
                isNamed |= isArgument;
                if (value.StartsWith('/'))
                {
                    yield return (value, !isArgument);
                }
                else if (main.Name == "nginx")
                {
                    // nginx looks beneath its prefix, which is compiled in.
                    continue;
                }
                else if (folder is not null && !value.StartsWith('-'))
                {
                    yield return (Path.Combine(folder, value), !isArgument);
                }
            }
        }

        var program = main.StartedAs is { } link ? ProcessName.FileName(link).ToString() : main.Name;
        if (!isNamed && Array.Find(Usual, u => u.Program == program) is { File: { } usual } known
            && (words is null || !known.NeedsArgument))
        {
            yield return (usual, words is null || main.ProgramGrade != NameGrade.Proved);
        }

        foreach (var name in folder is null || isNamed ? [] : OfFolder)
        {
            // The folder of a running PostgreSQL is that of its data.
            yield return (Path.Combine(folder!, name), name != OfDataFolder || main.Name is not ("postgres" or "postmaster"));
        }
    }

    private static bool IsFileOption(string option) =>
        Array.IndexOf(FileOptions, option) >= 0
        || (option.StartsWith('-') && option.Contains("conf", StringComparison.OrdinalIgnoreCase))
        || option is "config_file";

    private static bool IsFile(string value) =>
        !value.StartsWith('-') && Array.Exists(Endings, ending => value.EndsWith(ending, StringComparison.OrdinalIgnoreCase));
}

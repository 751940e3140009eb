using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Naming;

/// <summary>Programs that run other people's programs: what they run is named by their command line.</summary>
internal static class Interpreters
{
    /// <summary>More of a script's name is left out: it is text of the process.</summary>
    private const int LongestName = 40;

    private static readonly string[] Names =
    [
        "python", "pypy", "perl", "ruby", "node", "nodejs", "bun", "deno", "java", "php", "php-cgi", "bash", "dash", "sh", "zsh", "ksh",
            "busybox", "lua", "luajit",
        "dotnet", "mono", "mono-sgen", "beam.smp", "tclsh", "wish", "guile", "Rscript", "R", "julia", "racket", "sbcl", "gjs",
            "qemu-system-x86_64",
    ];

    /// <summary>Whether a program file is an interpreter: <c>/usr/bin/python3.11</c>.</summary>
    public static bool Has(string path)
    {
        var name = Bare(ProcessName.FileName(path));
        foreach (var known in Names)
        {
            if (name.SequenceEqual(Bare(known)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// The interpreter and its script, as one would type it: <c>python3 server.py</c>, <c>java kafka.jar</c>; <c>null</c> where no script
    /// is named.
    /// </summary>
    /// <param name="path">The interpreter's program file.</param>
    /// <param name="words">The command line. The process may have written it.</param>
    public static string? Script(string path, IReadOnlyList<string>? words)
    {
        if (words is not { Count: > 0 })
        {
            return null;
        }

        var file = ProcessName.FileName(path);
        var name = Bare(file).ToString();
        if (name == "busybox")
        {
            var applet = ProcessName.FileName(words[0]) is var first && !first.SequenceEqual("busybox") ? first.ToString()
                : words.Count > 1 ? words[1] : null;
            return applet is null ? null : Join("busybox", applet);
        }

        // python3.11 is python3: which one runs is in the path.
        var shown = file.IndexOf('.') is > 0 and var dot && name is "python" or "perl" or "ruby" or "lua" or "php"
            ? file[..file.IndexOf('.')].ToString() : file.ToString();
        return Find(name, words) is { Length: > 0 } script ? Join(shown, script) : null;
    }

    private static string? Find(string interpreter, IReadOnlyList<string> words)
    {
        for (var i = 1; i < words.Count; i++)
        {
            var word = words[i];
            var next = i + 1 < words.Count ? words[i + 1] : null;
            switch (interpreter, word)
            {
                // A module, a program in an archive.
                case ("python" or "pypy", "-m"):
                    return next;
                case ("java", "-jar"):
                    return next is null ? null : FileName(next);
                case ("php", "-S"):
                    return "-S";

                // Programs on the command line have no name.
                case ("python" or "pypy" or "bash" or "dash" or "sh" or "zsh" or "ksh", "-c"):
                case ("perl" or "ruby" or "node" or "nodejs" or "lua", "-e" or "--eval" or "-p" or "--print"):
                    return null;

                // Options whose value is a word of its own.
                case ("java",
                    "-cp" or "-classpath" or "--class-path" or "-p" or "--module-path" or "--add-modules" or "--add-opens"
                        or "--add-exports"):
                case ("python" or "pypy", "-W" or "-X"):
                case ("node" or "nodejs", "-r" or "--require" or "--import" or "--loader" or "-C"):
                case ("perl" or "ruby", "-I"):
                case ("php", "-c" or "-d"):
                    i++;
                    break;
                case ("java", "-m" or "--module"):
                    return next;
                case ("deno" or "bun", "run" or "serve"):
                case ("dotnet", "exec"):
                    break;
                case ("beam.smp", _):
                    return null;
                default:
                    if (word.Length > 0 && word[0] is not ('-' or '+'))
                    {
                        // A class of Java is the last part of its name.
                        return interpreter == "java" ? word[(word.LastIndexOf('.') + 1)..] : FileName(word);
                    }

                    break;
            }
        }

        return null;
    }

    private static string FileName(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static string Join(string interpreter, string script) =>
        $"{interpreter} {(script.Length > LongestName ? $"{script[..LongestName]}…" : script)}";

    private static ReadOnlySpan<char> Bare(ReadOnlySpan<char> name) => name.TrimEnd("0123456789.").TrimEnd('-');
}

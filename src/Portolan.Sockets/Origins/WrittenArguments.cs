using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Origins;

/// <summary>The arguments that a process was started with; it may have written a title over them (setproctitle). Pure.</summary>
internal static class WrittenArguments
{
    /// <summary>Titles that repeat the arguments: nginx's master and OpenSSH's listener.</summary>
    private static readonly (string Before, string After)[] Titles = [("nginx: master process ", ""), ("sshd: ", " [listener]")];

    /// <summary>The words, the program first; <c>null</c> where a title hides them or they are hidden altogether.</summary>
    public static IReadOnlyList<string>? Of(ProcessInfo process)
    {
        if (process.CommandLine is not { Count: > 0 } words)
        {
            return null;
        }

        var first = words[0];
        foreach (var (before, after) in Titles)
        {
            if (first.StartsWith(before, StringComparison.Ordinal))
            {
                var end = after.Length == 0 ? first.Length : first.IndexOf(after, StringComparison.Ordinal);
                return end < 0 ? null : first[before.Length..end].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            }
        }

        // A title is one text over all arguments; a path may have blanks too, and is then the program's own.
        var isTitle = words.Skip(1).All(static w => w.Length == 0) && first.Contains(' ', StringComparison.Ordinal)
            && !string.Equals(first, process.ExecutablePath, StringComparison.Ordinal);
        return isTitle ? null : words;
    }
}

namespace Portolan.Cli.Hosting;

/// <summary>What fingers that know other programs type before any command: <c>-V</c>, <c>-tulpn</c>.</summary>
internal static class Shorthand
{
    /// <summary>Flags of <c>list</c>, all of one letter and without a value; a test holds them against its options.</summary>
    internal const string ListFlags = "tuwx0SMdUla46pnromiecHOWv";

    /// <summary>Flags that the chart has itself, and the one that says nothing alone.</summary>
    private const string ChartFlags = "anhv";

    /// <summary>The command line in this program's words.</summary>
    public static string[] Expand(string[] args)
    {
        // The other name of stop, also as in help kill.
        var at = GlobalOptions.SkipLeading(args, 0);
        at = at < args.Length && args[at] == "help" ? at + 1 : at;
        if (at < args.Length && args[at] == "kill")
        {
            args = [.. args[..at], "stop", .. args[(at + 1)..]];
        }

        if (args is [['-', ..], ..])
        {
            if (args[0] is "--version" or "-V")
            {
                return ["version", .. args[1..]];
            }

            if (IsForList(args, GlobalOptions.SkipLeading(args, 0)))
            {
                return ["list", .. args];
            }
        }

        return args;
    }

    /// <summary>Whether flags stand first that list has, and one of them is not the chart's.</summary>
    private static bool IsForList(string[] args, int first)
    {
        var isForList = false;
        for (var i = first; i < args.Length && args[i] is ['-', not '-', ..]; i++)
        {
            foreach (var flag in args[i].AsSpan(1))
            {
                if (!ListFlags.Contains(flag, StringComparison.Ordinal))
                {
                    return false;
                }

                isForList |= !ChartFlags.Contains(flag, StringComparison.Ordinal);
            }
        }

        return isForList;
    }
}

namespace Portolan.Web.Access;

/// <summary>What a session or a token may do. Each is granted by itself: none contains another.</summary>
[Flags]
internal enum Scope
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>See what this machine has open.</summary>
    Read = 1,

    /// <summary>Send packets: check a port.</summary>
    Scan = 2,

    /// <summary>Stop holders of ports, change rules.</summary>
    Change = 4,

    /// <summary>See the arguments of other users' processes, manage sessions and tokens.</summary>
    Admin = 8,
}

/// <summary>The words of scopes, as the command line, the API and the files have them.</summary>
internal static class ScopeWords
{
    private static readonly (Scope Scope, string Word)[] All =
        [(Scope.Read, "read"), (Scope.Scan, "scan"), (Scope.Change, "change"), (Scope.Admin, "admin")];

    /// <summary>The words of some scopes, in their order.</summary>
    internal static IReadOnlyList<string> Of(Scope scopes) => [.. All.Where(s => scopes.HasFlag(s.Scope)).Select(static s => s.Word)];

    /// <summary>Reads words with commas between them.</summary>
    /// <param name="text">The words.</param>
    /// <param name="scopes">The scopes; of no use when a word is unknown.</param>
    internal static bool TryRead(string text, out Scope scopes)
    {
        scopes = Scope.None;
        foreach (var word in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var (scope, known) = Array.Find(All, s => s.Word == word);
            if (known is null)
            {
                return false;
            }

            scopes |= scope;
        }

        return true;
    }
}

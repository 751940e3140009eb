namespace Portolan.Watch.Changes;

/// <summary>What changed.</summary>
public enum ChangeKind : byte
{
    /// <summary>A host answers that did not.</summary>
    HostUp,

    /// <summary>A host no longer answers.</summary>
    HostDown,

    /// <summary>The name of a host.</summary>
    Name,

    /// <summary>A port is open that was not.</summary>
    Opened,

    /// <summary>A port is no longer open.</summary>
    Closed,

    /// <summary>A port that was not open has another state that is not open.</summary>
    State,

    /// <summary>Another protocol or product answers.</summary>
    Service,

    /// <summary>The same product in another version.</summary>
    Version,

    /// <summary>Another certificate.</summary>
    Certificate,

    /// <summary>A certificate has come within 30, 14 or 3 days of its end, or past it.</summary>
    Expiring,

    /// <summary>The service says something else first.</summary>
    Banner,

    /// <summary>Another unit, container or program holds the port.</summary>
    Owner,

    /// <summary>The addresses that the port is bound to.</summary>
    Bind,

    /// <summary>Who can reach the port.</summary>
    Reach,
}

/// <summary>The names of <see cref="ChangeKind"/>.</summary>
public static class ChangeKinds
{
    private static readonly string[] Names =
        ["host-up", "host-down", "name", "opened", "closed", "state", "service", "version", "certificate", "expiring", "banner", "owner",
            "bind", "reach"];

    /// <summary>Every kind, in the order of reports.</summary>
    public static IReadOnlyList<ChangeKind> All { get; } =
        [ChangeKind.HostUp, ChangeKind.HostDown, ChangeKind.Name, ChangeKind.Opened, ChangeKind.Closed, ChangeKind.State,
            ChangeKind.Service, ChangeKind.Version, ChangeKind.Certificate, ChangeKind.Expiring, ChangeKind.Banner, ChangeKind.Owner,
            ChangeKind.Bind, ChangeKind.Reach];

    /// <summary>The word in machine formats and for <c>--fail-on</c>.</summary>
    public static string Name(this ChangeKind kind) => Names[(int)kind];

    /// <summary>Reads the word.</summary>
    public static bool TryParse(string word, out ChangeKind kind)
    {
        var at = Array.IndexOf(Names, word);
        kind = (ChangeKind)Math.Max(0, at);
        return at >= 0;
    }
}

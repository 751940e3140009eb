namespace Portolan.Lab.Topology.Reading;

/// <summary>The words of the format that stand for values of the model.</summary>
internal static class Words
{
    /// <summary>In place of an address: the host asks for one.</summary>
    public const string Dhcp = "dhcp";

    /// <summary>The kinds of refusal, as nftables names them; the error of ICMPv4 is the one that is named.</summary>
    public static IReadOnlyList<(string Word, RefusalKind Kind)> Rejects { get; } =
        [.. Enum.GetValues<RefusalKind>().Select(k => (k.Name(), k))];

    /// <summary>The words of <see cref="Rejects"/>.</summary>
    public static IReadOnlyList<string> RejectWords { get; } = [.. Rejects.Select(r => r.Word)];

    /// <summary>The personalities of hosts.</summary>
    public static IReadOnlyList<string> Personalities { get; } = ["linux", "freebsd", "windows", "minimal"];

    /// <summary>What a firewall does: <c>drop</c>, <c>reject with host-prohibited</c>.</summary>
    public static string Of(FirewallAction action) => action.Kind switch
    {
        FirewallActionKind.Allow => "allow",
        FirewallActionKind.Drop => "drop",
        _ when action.Error == RefusalKind.PortUnreachable => "reject",
        _ => $"reject with {action.Error.Name()}",
    };

    /// <summary>Finds a refusal; an unknown word is a fault.</summary>
    public static RefusalKind? Reject(TreeScalar at, string word, FaultList faults)
    {
        foreach (var (candidate, kind) in Rejects)
        {
            if (candidate == word)
            {
                return kind;
            }
        }

        faults.Unknown(at, "no error is named", word, RejectWords);
        return null;
    }
}

using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Managers.Shapes;

/// <summary>firewalld: a table <c>firewalld</c>.</summary>
internal sealed class FirewalldShape : ManagerShape
{
    /// <inheritdoc/>
    public override string Name => "firewalld";

    /// <inheritdoc/>
    public override bool Owns(RuleTable table, RuleChain chain) => table is { Name: "firewalld", IsLegacy: false };

    /// <inheritdoc/>
    public override string? Allow(ManagedChain place, AllowRequest request)
    {
        if (request.Protocol is not ("tcp" or "udp" or "sctp" or "dccp") || place.Chain.Hook is { Point: HookPoint.Forward })
        {
            // What it forwards it does not let through by ports of a zone, but by policies between two zones.
            return null;
        }

        // A rich rule that denies, and what has a negative priority, is asked before the ports of a zone.
        var isDenied = request.Dropping?.Name is { } name && (name.EndsWith("_deny", StringComparison.Ordinal) || name.EndsWith("_pre", StringComparison.Ordinal));
        var ports = request.PortWords('-');
        var family = request.From is { } from ? $" family=\"{(IsIPv6(from) ? "ipv6" : "ipv4")}\" source address=\"{from}\"" : "";
        var what = isDenied || request.From is not null
            ? $"--add-rich-rule='rule{(isDenied ? " priority=\"-32000\"" : "")}{family} port port=\"{ports}\" protocol=\"{request.Protocol}\" accept'"
            : $"--add-port={ports}/{request.Protocol}";
        return $"firewall-cmd --permanent{(Zone(request.Dropping) is { } zone ? $" --zone={zone}" : "")} {what} && firewall-cmd --reload";
    }

    /// <summary>The zone of a chain such as <c>filter_IN_public_deny</c>; <c>null</c> where it is none's, and the default zone is meant.</summary>
    private static string? Zone(RuleChain? chain)
    {
        const string Start = "filter_IN_";
        if (chain?.Name is not { } name || !name.StartsWith(Start, StringComparison.Ordinal) || name.StartsWith(Start + "policy_", StringComparison.Ordinal))
        {
            return null;
        }

        var zone = name[Start.Length..];
        foreach (var end in (ReadOnlySpan<string>)["_pre", "_log", "_deny", "_allow", "_post"])
        {
            zone = zone.EndsWith(end, StringComparison.Ordinal) ? zone[..^end.Length] : zone;
        }

        return zone.Length > 0 && zone.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') ? zone : null;
    }
}

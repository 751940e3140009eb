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
    public override string Allow(ManagedChain place, AllowRequest request)
    {
        var what = request.From is { } from
            ? $"--add-rich-rule='rule family=\"{(IsIPv6(from) ? "ipv6" : "ipv4")}\" source address=\"{from}\" port port=\"{request.Port}\" protocol=\"{request.Protocol}\" accept'"
            : $"--add-port={request.Port}/{request.Protocol}";
        return $"firewall-cmd --permanent {what} && firewall-cmd --reload";
    }
}

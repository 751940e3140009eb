using Portolan.Firewall.Rendering;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Managers.Shapes;

/// <summary>Every other table of nftables: made by hand or by nftables.service.</summary>
internal sealed class NftShape : ManagerShape
{
    /// <inheritdoc/>
    public override string Name => "nft";

    /// <inheritdoc/>
    public override bool Owns(RuleTable table, RuleChain chain) => !table.IsLegacy;

    /// <inheritdoc/>
    public override string? Allow(ManagedChain place, AllowRequest request)
    {
        // nft itself has no way to write other names; a plain one means nothing to a shell either.
        if (!QuotedText.IsPlain(place.Table.Name) || !QuotedText.IsPlain(place.Chain.Name) || place.Chain.Hook is not { Point: HookPoint.Prerouting or HookPoint.Input or HookPoint.Forward })
        {
            return null;
        }

        var from = request.From is { } address ? $"{(IsIPv6(address) ? "ip6" : "ip")} saddr {address} " : "";
        var to = request.To is { } destination ? $"{(IsIPv6(destination) ? "ip6" : "ip")} daddr {destination} " : "";
        return $"nft insert rule {RuleWords.Of(place.Table.Family)} {place.Table.Name} {place.Chain.Name} {from}{to}{request.Protocol} dport {request.PortWords('-')} accept";
    }
}

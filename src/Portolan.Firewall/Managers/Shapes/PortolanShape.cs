using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Openings;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Managers.Shapes;

/// <summary>Portolan's own table.</summary>
internal sealed class PortolanShape : FirewallManager
{
    /// <inheritdoc/>
    public override string Name => "Portolan";

    /// <inheritdoc/>
    public override bool Owns(RuleTable table, RuleChain chain) => OwnTable.Is(table);

    /// <inheritdoc/>
    public override IEnumerable<Opening> Allow(AllowRequest request)
    {
        // A narrower rule is asked before a wider one, so it stands before the one that stops the packets, and nothing else changes.
        var port = request.PortWords('-');
        yield return new Opening(
            [
                [
                    "portolan", "allow",
                    request.Passage.Protocol == TransportProtocol.Tcp ? port : $"{port}/{request.Passage.Protocol.Name()}",
                    .. request.Passage.Interface is { } name ? ["--iface", name] : Array.Empty<string>(),
                    .. request.From is { } from ? ["--from", from] : Array.Empty<string>(),
                    .. request.Passage.Server is { } to ? ["--to", to.ToString()] : Array.Empty<string>(),
                    "--for", "10m",
                ],
            ],
            Accepting(request.Passage, [new RulePlace(request.Decider.Table, request.Decider.Chain, request.Decider.Rule)]));
    }
}

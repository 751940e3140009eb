using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Managers.Shapes;

/// <summary>Portolan's own table.</summary>
internal sealed class PortolanShape : ManagerShape
{
    /// <inheritdoc/>
    public override string Name => "Portolan";

    /// <inheritdoc/>
    public override bool Owns(RuleTable table, RuleChain chain) => OwnTable.Is(table);

    /// <inheritdoc/>
    public override string Allow(ManagedChain place, AllowRequest request) =>
        $"portolan allow {request.PortWords('-')}/{request.Protocol}{(request.From is { } from ? $" --from {from}" : "")}";
}

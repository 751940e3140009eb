using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Changing.Statements;

/// <summary>Packets in one of these states of their connection.</summary>
/// <param name="States">The bits (NF_CT_STATE_BIT).</param>
/// <param name="Words">The same in words of nft.</param>
public sealed record ConnectionStateStatement(uint States, string Words) : Statement
{
    /// <summary>Of connections that exist, or belong to one that does.</summary>
    public static ConnectionStateStatement Existing { get; } = new(2 | 4, "established,related");

    /// <summary>That connection tracking was told to pass over.</summary>
    public static ConnectionStateStatement Untracked { get; } = new(64, "untracked");

    /// <inheritdoc/>
    public override string Text => "ct state " + Words;

    /// <inheritdoc/>
    public override void Write(ExpressionWriter writer)
    {
        writer.ConnectionState();
        writer.Mask(States);
        writer.Compare(CompareOperation.NotEqual, 0);
    }
}

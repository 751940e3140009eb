using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Rules.Reading;

/// <summary>A message of nf_tables, kept.</summary>
/// <param name="Family">Of its table.</param>
/// <param name="Attributes">What follows the family's header.</param>
internal readonly record struct KeptMessage(RuleFamily Family, ReadOnlyMemory<byte> Attributes);

/// <summary>Keeps the messages of one dump.</summary>
/// <param name="arena">Where.</param>
/// <param name="count">Counts them; <c>null</c> where there is no limit.</param>
internal sealed class MessageKeeper(MessageArena arena, RulesetCount? count = null) : INetlinkVisitor
{
    /// <summary>What was kept, in order.</summary>
    internal List<KeptMessage> Messages { get; } = [];

    /// <inheritdoc/>
    public void Visit(ushort type, ReadOnlySpan<byte> payload)
    {
        if (payload.Length >= NetfilterHeader.Size)
        {
            var attributes = arena.Keep(payload[NetfilterHeader.Size..]);
            count?.Add(type, attributes);
            Messages.Add(new KeptMessage((RuleFamily)payload[0], attributes));
        }
    }
}

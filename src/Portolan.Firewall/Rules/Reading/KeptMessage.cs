using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Rules.Reading;

/// <summary>A message of nf_tables, kept.</summary>
/// <param name="Family">Of its table.</param>
/// <param name="Attributes">What follows the family's header.</param>
internal readonly record struct KeptMessage(RuleFamily Family, ReadOnlyMemory<byte> Attributes);

/// <summary>Keeps the messages of one dump.</summary>
internal sealed class MessageKeeper(MessageArena arena) : INetlinkVisitor
{
    /// <summary>What was kept, in order.</summary>
    internal List<KeptMessage> Messages { get; } = [];

    /// <inheritdoc/>
    public void Visit(ushort type, ReadOnlySpan<byte> payload)
    {
        if (payload.Length >= NetfilterHeader.Size)
        {
            Messages.Add(new KeptMessage((RuleFamily)payload[0], arena.Keep(payload[NetfilterHeader.Size..])));
        }
    }
}

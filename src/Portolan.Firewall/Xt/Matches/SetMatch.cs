namespace Portolan.Firewall.Xt.Matches;

/// <summary>Looks the packet up in a set of ipset (linux/netfilter/xt_set.h).</summary>
/// <param name="Set">The set.</param>
/// <param name="Flags">IPSET_FLAG_* for the command.</param>
public sealed record SetMatch(SetReference Set, uint Flags) : XtMatch
{
    /// <summary>Comparison with the element's packets, or <c>null</c>.</summary>
    public SetCounterTest? Packets { get; init; }

    /// <summary>Comparison with the element's bytes, or <c>null</c>.</summary>
    public SetCounterTest? Bytes { get; init; }

    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("set", 1, 4, Decode)];

    private static SetMatch? Decode(XtPayload payload)
    {
        // Revisions 3 and 4 differ in the order of a comparison's two parts.
        var flagsAt = payload.Revision switch { 3 or 4 => 40, _ => 0 };
        if (!payload.Has(flagsAt == 0 ? SetReference.Size : flagsAt + sizeof(uint)))
        {
            return null;
        }

        if (flagsAt == 0)
        {
            return new SetMatch(SetReference.Read(payload, 0), 0);
        }

        var (operation, value) = payload.Revision == 3 ? (0, 8) : (8, 0);
        return new SetMatch(SetReference.Read(payload, 0), payload.UInt32(flagsAt))
        {
            Packets = Compare(8),
            Bytes = Compare(24),
        };

        SetCounterTest? Compare(int at) =>
            payload.Byte(at + operation) is var kind and not 0 ? new SetCounterTest(kind, payload.UInt64(at + value)) : null;
    }
}

/// <summary>A comparison with a counter of an element.</summary>
/// <param name="Operation">IPSET_COUNTER_*: 1 equal, 2 not equal, 3 less, 4 greater.</param>
/// <param name="Value">With what.</param>
public readonly record struct SetCounterTest(byte Operation, ulong Value);

using Portolan.Firewall.Rules.Reading;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Replay.Loading;

/// <summary>Writes the expressions of a rule as the kernel listed them, less what it lists but does not take back.</summary>
internal static class ExpressionAttributes
{
    private const int List = 4; // NFTA_RULE_EXPRESSIONS
    private const int Element = 1; // NFTA_LIST_ELEM
    private const int Name = 1; // NFTA_EXPR_NAME
    private const int Data = 2; // NFTA_EXPR_DATA

    private const int HeaderDestination = 1; // NFTA_EXTHDR_DREG
    private const int HeaderSource = 7; // NFTA_EXTHDR_SREG
    private const int DynamicTimeout = 6; // NFTA_DYNSET_TIMEOUT
    private const int FingerprintFlags = 3; // NFTA_OSF_FLAGS

    /// <summary>Writing an option takes no flags (nft_exthdr_tcp_set_init): type, offset, length, operation, register.</summary>
    private static readonly KeptAttributes WrittenHeader = new(2, 3, 4, 6, 7);

    /// <summary>Removing an option takes its type and the operation only (nft_exthdr_tcp_strip_init).</summary>
    private static readonly KeptAttributes RemovedHeader = new(2, 6);

    /// <summary>Flags are refused unless they are set (nft_osf_init).</summary>
    private static readonly KeptAttributes PlainFingerprint = new(1, 2);

    /// <summary>A timeout is refused where the set has none, even that of zero which the kernel writes (nft_dynset_init).</summary>
    private static readonly KeptAttributes TimelessAddition = new(1, 3, 4, 5, 7, 9, 10);

    /// <summary>Writes the list.</summary>
    internal static void Write(NetlinkWriter writer, ReadOnlyMemory<byte> expressions)
    {
        var list = writer.BeginNest(List);
        var walk = new AttributeWalk(expressions);
        while (walk.MoveNext())
        {
            if (AttributeSlots.TryRead(walk.Value, out var expression) && Repair(in expression) is { } kept)
            {
                var element = writer.BeginNest(Element);
                KeptAttributes.Write(writer, Name, expression.Span(Name));
                var data = writer.BeginNest(Data);
                kept.Copy(writer, expression.Bytes(Data));
                writer.EndNest(data);
                writer.EndNest(element);
            }
            else
            {
                KeptAttributes.Write(writer, Element, walk.Value.Span);
            }
        }

        writer.EndNest(list);
    }

    private static KeptAttributes? Repair(in AttributeSlots expression)
    {
        var name = expression.Span(Name).TrimEnd((byte)0);
        AttributeSlots.TryRead(expression.Bytes(Data), out var data);
        if (name.SequenceEqual("exthdr"u8) && !data.Has(HeaderDestination))
        {
            return data.Has(HeaderSource) ? WrittenHeader : RemovedHeader;
        }

        if (name.SequenceEqual("dynset"u8) && data.Has(DynamicTimeout) && data.Span(DynamicTimeout).IndexOfAnyExcept((byte)0) < 0)
        {
            return TimelessAddition;
        }

        return name.SequenceEqual("osf"u8) && data.UInt32OrZero(FingerprintFlags) == 0 ? PlainFingerprint : null;
    }
}

using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Changing.Statements;

/// <summary>Packets from or to an address, a prefix, or a set of addresses.</summary>
/// <param name="IsIPv4">The family.</param>
/// <param name="IsSource">Whether the sender is meant.</param>
/// <param name="Prefix">The addresses, when they are one address or prefix.</param>
/// <param name="Set">The set of the table that has them, or <c>null</c> when they are one prefix.</param>
public sealed record AddressStatement(bool IsIPv4, bool IsSource, Interval Prefix, string? Set) : Statement
{
    /// <summary>Whether a statement before it in the rule has made sure of the family.</summary>
    public bool IsFamilyKnown { get; init; }

    private int Bits => IsIPv4 ? 32 : 128;

    private int Length => AddressChoice.PrefixLength(Prefix, Bits) ?? 0;

    /// <summary>Offset in the header (RFC 791 section 3.1, RFC 8200 section 3).</summary>
    private int Offset => (IsIPv4, IsSource) switch
    {
        (true, true) => 12,
        (true, false) => 16,
        (false, true) => 8,
        _ => 24,
    };

    /// <inheritdoc/>
    public override string Text
    {
        get
        {
            var address = InternetAddress.FromNumber(Prefix.First, IsIPv4);
            var value = Set is not null ? "@" + Set : Length == Bits ? address.ToString() : $"{address}/{Length}";
            return $"{(IsIPv4 ? "ip" : "ip6")} {(IsSource ? "saddr" : "daddr")} {value}";
        }
    }

    /// <inheritdoc/>
    public override void Write(ExpressionWriter writer)
    {
        if (!IsFamilyKnown)
        {
            writer.Meta(MetaKey.NetfilterProtocol);
            writer.Compare(CompareOperation.Equal, [(byte)(IsIPv4 ? RuleFamily.Ip : RuleFamily.Ip6)]);
        }

        Span<byte> address = stackalloc byte[16];
        address = address[..InternetAddress.FromNumber(Prefix.First, IsIPv4).WriteBytes(address)];
        if (Set is not null)
        {
            writer.Payload(PayloadBase.Network, Offset, address.Length);
            writer.Lookup(Set, isNegated: false);
            return;
        }

        // A prefix of whole bytes needs no mask: fewer bytes are loaded.
        var isWhole = Length % 8 == 0;
        var loaded = isWhole ? Length / 8 : address.Length;
        writer.Payload(PayloadBase.Network, Offset, loaded);
        if (!isWhole)
        {
            Span<byte> mask = stackalloc byte[address.Length];
            InternetAddress.FromNumber(UInt128.MaxValue << (Bits - Length), IsIPv4).WriteBytes(mask);
            writer.Mask(mask);
        }

        writer.Compare(CompareOperation.Equal, address[..loaded]);
    }
}

using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Rendering.Headers;

/// <summary>
/// Which headers a packet is known to have at one place of a rule. It is what nft keeps, too, to know which matches a field needs before
/// it.
/// </summary>
/// <param name="Family">The table's family.</param>
internal readonly record struct HeaderContext(RuleFamily Family)
{
    /// <summary>Whether there is an Ethernet header.</summary>
    public bool IsEthernet { get; init; }

    /// <summary>Whether a VLAN tag follows it.</summary>
    public bool IsVlan { get; init; }

    /// <summary>The network header, or <c>null</c>.</summary>
    public ProtocolHeader? Network { get; init; }

    /// <summary>The protocol number above it, or <c>null</c>.</summary>
    public int? Transport { get; init; }

    /// <summary>The ICMP type, or <c>null</c>.</summary>
    public int? IcmpType { get; init; }

    /// <summary>What is known at the start of a rule.</summary>
    public static HeaderContext Of(RuleFamily family) => new(family)
    {
        IsEthernet = family == RuleFamily.Bridge,
        Network = family switch
        {
            RuleFamily.Ip => ProtocolHeaders.Ip,
            RuleFamily.Ip6 => ProtocolHeaders.Ip6,
            RuleFamily.Arp => ProtocolHeaders.Arp,
            _ => null,
        },
    };

    /// <summary>What is known behind a match.</summary>
    public HeaderContext With(HeaderFact fact) => fact.Kind switch
    {
        HeaderFactKind.LinkType => fact.Value == 1 ? this with { IsEthernet = true } : this,
        HeaderFactKind.NetfilterProtocol => fact.Value switch
        {
            2 => this with { Network = ProtocolHeaders.Ip },
            10 => this with { Network = ProtocolHeaders.Ip6 },
            _ => this,
        },
        HeaderFactKind.MetaProtocol or HeaderFactKind.VlanType => this with { Network = ProtocolHeaders.ForNetwork(fact.Value) ?? Network },
        HeaderFactKind.EtherType =>
            fact.Value == ProtocolHeaders.Vlan.Number
                ? this with { IsVlan = true }
                : this with { Network = ProtocolHeaders.ForNetwork(fact.Value) ?? Network },
        HeaderFactKind.IcmpType => this with { IcmpType = fact.Value },
        _ => this with { Transport = fact.Value },
    };

    /// <summary>What is known behind matches.</summary>
    public HeaderContext With(IEnumerable<HeaderFact> facts)
    {
        var context = this;
        foreach (var fact in facts)
        {
            context = context.With(fact);
        }

        return context;
    }

    /// <summary>The header that is known to lie at an offset of a base; <c>null</c> where nothing is known.</summary>
    /// <param name="place">The base.</param>
    /// <param name="offset">Bits from it.</param>
    public ProtocolHeader? HeaderAt(PayloadBase place, int offset) => place switch
    {
        PayloadBase.LinkLayer => IsVlan && offset >= 112 ? ProtocolHeaders.Vlan : IsEthernet && offset < 112 ? ProtocolHeaders.Ether : null,
        PayloadBase.Network => Network,
        PayloadBase.Transport => Transport is { } number ? ProtocolHeaders.ForTransport(number) : ProtocolHeaders.Transport,
        _ => null,
    };

    /// <summary>The matches that nft puts before a field of a header, where the header is not known yet.</summary>
    public IReadOnlyList<HeaderFact> Needs(ProtocolHeader header)
    {
        if (header == ProtocolHeaders.Transport)
        {
            return [];
        }

        return header.Base switch
        {
            PayloadBase.LinkLayer => NeedsOfLink(header),
            PayloadBase.Network => Network is null ? NeedsOfNetwork(header, isBelowIcmp: false) : [],
            _ when Transport is not null => [],
            _ when header.Below is { } below && Network is null =>
                [.. NeedsOfNetwork(below, isBelowIcmp: true), new(HeaderFactKind.MetaTransport, header.Number)],
            _ => [new(HeaderFactKind.MetaTransport, header.Number)],
        };
    }

    private IReadOnlyList<HeaderFact> NeedsOfLink(ProtocolHeader header)
    {
        IReadOnlyList<HeaderFact> ethernet = IsEthernet ? [] : [new(HeaderFactKind.LinkType, 1)];
        return header != ProtocolHeaders.Vlan || IsVlan ? ethernet : [.. ethernet, new(HeaderFactKind.EtherType, header.Number)];
    }

    private IReadOnlyList<HeaderFact> NeedsOfNetwork(ProtocolHeader header, bool isBelowIcmp)
    {
        if (IsVlan)
        {
            return [new(HeaderFactKind.VlanType, header.Number)];
        }

        // In a bridge table the frame's type is only asked for where the protocol cannot be had without it.
        var byFrame = Family == RuleFamily.Bridge ? isBelowIcmp || header == ProtocolHeaders.Arp : IsEthernet;
        return byFrame ? [new(HeaderFactKind.EtherType, header.Number)]
            : Family is RuleFamily.Inet ? [new(HeaderFactKind.NetfilterProtocol, header == ProtocolHeaders.Ip ? 2 : 10)]
            : [new(HeaderFactKind.MetaProtocol, header.Number)];
    }
}

using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Openings;

/// <summary>The packets that are to be let in, as the chain that stops them sees them.</summary>
/// <param name="Protocol">The protocol.</param>
/// <param name="Ports">The ports as they are there: behind the translation of destinations they are the new ones.</param>
public sealed record Passage(TransportProtocol Protocol, PortRange Ports)
{
    /// <summary>Whether they are replies, which come from the ports.</summary>
    public bool IsReply { get; init; }

    /// <summary>The client, or <c>null</c> for everybody.</summary>
    public AddressPrefix? Client { get; init; }

    /// <summary>The server's address where it is one alone, or <c>null</c>.</summary>
    public InternetAddress? Server { get; init; }

    /// <summary>The name of the interface that the client is behind, or <c>null</c>. Hostile text.</summary>
    public string? Interface { get; init; }

    /// <summary>Whether packets that only pass through are to be left alone, where the chain sees them too.</summary>
    public bool IsLocal { get; init; }

    /// <summary>Whether only packets of connections that exist are meant.</summary>
    public bool IsOfConnection { get; init; }

    /// <summary>The type of ICMPv6 in place of ports; 0 for ports.</summary>
    internal byte IcmpType { get; init; }

    /// <summary>Whether every sender may be among them.</summary>
    public bool IsForAll => Client is null && Interface is null;

    /// <summary>The conditions of the rule.</summary>
    internal IReadOnlyList<PassageMatch> Matches =>
    [
        .. IsOfConnection ? [new ExistingConnectionMatch()] : Array.Empty<PassageMatch>(),
        .. Interface is { } name ? [new InterfaceMatch(name, IsReply)] : Array.Empty<PassageMatch>(),
        .. IsLocal ? [new LocalDestinationMatch()] : Array.Empty<PassageMatch>(),
        .. Client is { } client ? [new AddressMatch(client, IsSource: !IsReply)] : Array.Empty<PassageMatch>(),
        .. Server is { } server
            ? [new AddressMatch(new AddressPrefix(server, server.BitCount), IsSource: IsReply)]
            : Array.Empty<PassageMatch>(),
        IcmpType == 0 ? new PortMatch(Protocol, Ports, IsSource: IsReply) : new IcmpTypeMatch(IcmpType),
    ];

    /// <summary>The rule as the kernel would have it.</summary>
    /// <param name="verdict">What it does with them.</param>
    public Rule Rule(RuleVerdict verdict) =>
        new(0, [.. Matches.SelectMany(static m => m.Expressions), new ImmediateExpression(Register.Verdict, default, verdict)]);

    /// <summary>Packets of neighbour discovery that ask who has an address, or answer that (RFC 4861: types 135 and 136).</summary>
    public static IReadOnlyList<Passage> Neighbours { get; } = [Neighbour(135), Neighbour(136)];

    private static Passage Neighbour(byte type) => new((TransportProtocol)58, default) { IcmpType = type };
}

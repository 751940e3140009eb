namespace Portolan.Lab.Topology;

/// <summary>A host, or a range of hosts that are all alike.</summary>
/// <remarks>A range is one entry whatever its size: a network of 65,536 hosts is a line.</remarks>
public sealed record HostSpec
{
    /// <summary>Its name; hosts of a range are named with their number behind it, from 1: <c>pc-1</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The name of the network that the host is attached to.</summary>
    public required string Network { get; init; }

    /// <summary>
    /// Its addresses, IPv4 and IPv6. A single host has one range of one address for each family; a range of hosts may have several ranges.
    /// None for a host that asks for its address.
    /// </summary>
    public required IReadOnlyList<AddressRange> Addresses { get; init; }

    /// <summary>Whether it has no address of its own, and asks the DHCP servers of its network for one.</summary>
    public bool AsksForAddress => Addresses.Count == 0;

    /// <summary>Whether it is a range of hosts, each with one address, rather than one host that has them all.</summary>
    public bool IsRange { get; init; }

    /// <summary>How its TCP and ICMP look: <c>linux</c>, <c>freebsd</c>, <c>windows</c> or <c>minimal</c>.</summary>
    public string Personality { get; init; } = "linux";

    /// <summary>
    /// The ports that it gives to connections of its own and to programs that name none; <c>null</c> for Linux' 32768 to 60999.
    /// </summary>
    public PortRange? EphemeralPorts { get; init; }

    /// <summary>Whether it answers echo requests.</summary>
    public bool AnswersPing { get; init; } = true;

    /// <summary>ICMP errors it sends a second; 0 for no limit.</summary>
    public int IcmpErrorsPerSecond { get; init; }

    /// <summary>What becomes of TCP ports that <see cref="Ports"/> does not name.</summary>
    public PortPolicy DefaultTcp { get; init; } = PortPolicy.Closed;

    /// <summary>What becomes of UDP ports that <see cref="Ports"/> does not name.</summary>
    public PortPolicy DefaultUdp { get; init; } = PortPolicy.Closed;

    /// <summary>Its ports; no port of a protocol is named twice.</summary>
    public IReadOnlyList<PortRule> Ports { get; init; } = [];

    /// <summary>More names of it, besides its own, such as <c>www.example.com</c>.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>What becomes of a port, without regard to time, chance and the network between.</summary>
    public PortPolicy PolicyOf(TransportProtocol protocol, PortNumber port)
    {
        foreach (var rule in Ports)
        {
            if (rule.Protocol == protocol && rule.Ports.Contains(port))
            {
                return rule.Policy;
            }
        }

        return protocol == TransportProtocol.Tcp ? DefaultTcp : DefaultUdp;
    }
}

/// <summary>Addresses in a row.</summary>
/// <param name="First">The first.</param>
/// <param name="Last">The last, of the same family and not below the first.</param>
public readonly record struct AddressRange(InternetAddress First, InternetAddress Last)
{
    /// <summary>
    /// The addresses of a network that hosts can have: not IPv4's network and broadcast addresses (RFC 922 section 7), nor IPv6's
    /// subnet-router anycast address (RFC 4291 section 2.6.1). All when there are only two.
    /// </summary>
    public static AddressRange OfHosts(AddressPrefix prefix)
    {
        var isPair = prefix.Address.BitCount - prefix.Length <= 1;
        var first = isPair ? prefix.Address : prefix.Address.Plus(1);
        var last = isPair || !prefix.Address.IsIPv4 ? prefix.Last : InternetAddress.FromNumber(prefix.Last.Number - 1, isIPv4: true);
        return new AddressRange(first, last);
    }

    /// <summary>How many there are; 0 for all of IPv6.</summary>
    public UInt128 Count => Last.Number - First.Number + 1;

    /// <summary>Whether an address is among them.</summary>
    public bool Contains(InternetAddress address) => address.IsIPv4 == First.IsIPv4 && address >= First && address <= Last;

    /// <summary><c>198.18.0.1-198.18.0.20</c>; a single address stands alone.</summary>
    public override string ToString() => First == Last ? $"{First}" : $"{First}-{Last}";
}

/// <summary>What becomes of some ports of a host.</summary>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Ports">The ports.</param>
/// <param name="Policy">What becomes of them.</param>
public sealed record PortRule(TransportProtocol Protocol, PortSet Ports, PortPolicy Policy);

using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Reading;

namespace Portolan.Firewall.IpSets;

/// <summary>Decodes an element of a set (IPSET_ATTR_*: the attributes of data).</summary>
internal static class IpSetElementDecoder
{
    private const int Address = 1; // IPSET_ATTR_IP
    private const int AddressTo = 2; // IPSET_ATTR_IP_TO
    private const int Prefix = 3; // IPSET_ATTR_CIDR
    private const int Port = 4; // IPSET_ATTR_PORT
    private const int PortTo = 5; // IPSET_ATTR_PORT_TO
    private const int Timeout = 6; // IPSET_ATTR_TIMEOUT
    private const int Protocol = 7; // IPSET_ATTR_PROTO
    private const int Flags = 8; // IPSET_ATTR_CADT_FLAGS
    private const int SecondAddress = 20; // IPSET_ATTR_IP2
    private const int SecondPrefix = 21; // IPSET_ATTR_CIDR2
    private const int SecondAddressTo = 22; // IPSET_ATTR_IP2_TO
    private const int Interface = 23; // IPSET_ATTR_IFACE
    private const int Comment = 26; // IPSET_ATTR_COMMENT
    private const int AddressIPv4 = 1; // IPSET_ATTR_IPADDR_IPV4
    private const int AddressIPv6 = 2; // IPSET_ATTR_IPADDR_IPV6
    private const uint IsPhysical = 2; // IPSET_FLAG_PHYSDEV
    private const uint NoMatch = 4; // IPSET_FLAG_NOMATCH
    private const uint IsWildcard = 1 << 7; // IPSET_FLAG_IFACE_WILDCARD
    private const int IPv4Size = 4;
    private const int IPv6Size = 16;

    /// <summary>The element, or <c>null</c> when it is not as its type says.</summary>
    internal static IpSetElement? Decode(in AttributeSlots attributes, IpSetParts parts, byte setPrefix, NamePool names)
    {
        InternetAddress? first = null, last = null, secondFirst = null, secondLast = null;
        if ((parts & IpSetParts.Address) != 0
            && !TrySpan(in attributes, Address, AddressTo, Prefix, (parts & IpSetParts.Network) != 0, setPrefix, out first, out last))
        {
            return null;
        }

        if ((parts & IpSetParts.SecondAddress) != 0
            && !TrySpan(
                in attributes, SecondAddress, SecondAddressTo, SecondPrefix, (parts & IpSetParts.SecondNetwork) != 0, setPrefix,
                out secondFirst, out secondLast))
        {
            return null;
        }

        ushort firstPort = 0;
        if ((parts & IpSetParts.Port) != 0 && !attributes.TryUInt16(Port, out firstPort))
        {
            return null;
        }

        var lastPort = attributes.TryUInt16(PortTo, out var given) ? given : firstPort;
        if ((parts & IpSetParts.Interface) != 0 && !attributes.Has(Interface))
        {
            return null;
        }

        attributes.TryByte(Protocol, out var protocol);
        var flags = attributes.UInt32OrZero(Flags);
        return new IpSetElement(
            first,
            last,
            protocol,
            firstPort,
            lastPort,
            (parts & IpSetParts.Interface) != 0 ? names.Get(attributes.Span(Interface)) : null,
            (flags & NoMatch) != 0)
        {
            SecondFirst = secondFirst,
            SecondLast = secondLast,
            IsInterfacePrefix = (flags & IsWildcard) != 0,
            IsBridgePort = (flags & IsPhysical) != 0,
            TimeoutSeconds = attributes.UInt32OrNull(Timeout),
            Comment = attributes.Has(Comment) ? names.Get(attributes.Span(Comment)) : null,
        };
    }

    private static bool TrySpan(
        in AttributeSlots attributes,
        int from,
        int to,
        int prefix,
        bool isNetwork,
        byte setPrefix,
        out InternetAddress? first,
        out InternetAddress? last)
    {
        (first, last) = (null, null);
        if (!TryAddress(attributes.Bytes(from), out var start))
        {
            return false;
        }

        if (attributes.Has(to))
        {
            if (!TryAddress(attributes.Bytes(to), out var end) || end.IsIPv4 != start.IsIPv4)
            {
                return false;
            }

            (first, last) = (start, end);
            return true;
        }

        // A network has a prefix length of its own, an address that of its set (netmask).
        var length = start.BitCount;
        if (isNetwork && attributes.TryByte(prefix, out var own))
        {
            length = own;
        }
        else if (!isNetwork && setPrefix != 0)
        {
            length = setPrefix;
        }

        if (length > start.BitCount)
        {
            return false;
        }

        var hosts = length == 0 && !start.IsIPv4 ? UInt128.MaxValue : (UInt128.One << (start.BitCount - length)) - 1;
        first = InternetAddress.FromNumber(start.Number & ~hosts, start.IsIPv4);
        last = InternetAddress.FromNumber(start.Number | hosts, start.IsIPv4);
        return true;
    }

    private static bool TryAddress(ReadOnlyMemory<byte> nest, out InternetAddress address)
    {
        address = default;
        if (!AttributeSlots.TryRead(nest, out var attributes))
        {
            return false;
        }

        var ipv4 = attributes.Span(AddressIPv4);
        var ipv6 = attributes.Span(AddressIPv6);
        if (ipv4.Length != IPv4Size && ipv6.Length != IPv6Size)
        {
            return false;
        }

        address = InternetAddress.FromBytes(ipv4.Length == IPv4Size ? ipv4 : ipv6);
        return true;
    }
}

using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Legacy;

/// <summary>
/// Where the fields of an entry lie on 64-bit machines (<c>struct ipt_entry</c>, linux/netfilter_ipv4/ip_tables.h;
/// <c>struct ip6t_entry</c>, linux/netfilter_ipv6/ip6_tables.h).
/// </summary>
internal sealed class LegacyLayout
{
    /// <summary>XT_TABLE_MAXNAMELEN.</summary>
    internal const int TableNameSize = 32;

    /// <summary>Bytes of <c>struct ipt_getinfo</c>.</summary>
    internal const int InfoSize = TableNameSize + sizeof(uint) + (2 * HookCount * sizeof(uint)) + (2 * sizeof(uint));

    /// <summary>Bytes of <c>struct ipt_get_entries</c> before the entries.</summary>
    internal const int EntriesHeaderSize = 40;

    /// <summary>NF_INET_NUMHOOKS.</summary>
    internal const int HookCount = 5;

    /// <summary>
    /// Bytes of <c>struct xt_entry_match</c> and <c>struct xt_entry_target</c> before the parameters: size, name, revision.
    /// </summary>
    internal const int ExtensionHeaderSize = 32;

    /// <summary>IPv4.</summary>
    internal static LegacyLayout IPv4 { get; } = new()
    {
        Family = RuleFamily.Ip,
        AddressSize = 4,
        Protocol = 80,
        Flags = 82,
        Inverted = 83,
        TargetOffset = 88,
        Counters = 96,
        Size = 112,
    };

    /// <summary>IPv6.</summary>
    internal static LegacyLayout IPv6 { get; } = new()
    {
        Family = RuleFamily.Ip6,
        AddressSize = 16,
        Protocol = 128,
        Flags = 131,
        Inverted = 132,
        TargetOffset = 140,
        Counters = 152,
        Size = 168,
    };

    /// <summary>The family.</summary>
    internal required RuleFamily Family { get; init; }

    /// <summary>Bytes of an address; source, destination and their masks are the first four fields.</summary>
    internal required int AddressSize { get; init; }

    /// <summary>The names of the interfaces and their masks, 16 bytes each, behind the addresses.</summary>
    internal int Interfaces => 4 * AddressSize;

    /// <summary>The protocol, 16 bits; of IPv6 the type of service is behind it.</summary>
    internal required int Protocol { get; init; }

    /// <summary>Flags, 8 bits.</summary>
    internal required int Flags { get; init; }

    /// <summary>Which tests are inverted, 8 bits.</summary>
    internal required int Inverted { get; init; }

    /// <summary>Bytes from the entry's start to its target (16 bits), then to the next entry (16 bits).</summary>
    internal required int TargetOffset { get; init; }

    /// <summary>Packets, then bytes, 64 bits each.</summary>
    internal required int Counters { get; init; }

    /// <summary>Bytes of an entry before its matches.</summary>
    internal required int Size { get; init; }
}

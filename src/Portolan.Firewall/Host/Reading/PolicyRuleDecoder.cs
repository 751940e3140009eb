using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Portolan.Firewall.Rules;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Host.Reading;

/// <summary>Decodes RTM_NEWRULE (<c>struct fib_rule_hdr</c>, linux/fib_rules.h) of IPv4 and IPv6.</summary>
internal sealed class PolicyRuleDecoder : INetlinkVisitor
{
    private const ushort NewRule = 32;
    private const int MessageSize = 12;
    private const byte IPv4 = 2;
    private const byte IPv6 = 10;
    private const uint Inverted = 2;

    internal List<PolicyRule> Found { get; } = [];

    public void Visit(ushort type, ReadOnlySpan<byte> payload)
    {
        if (type != NewRule || payload.Length < MessageSize || payload[0] is not (IPv4 or IPv6))
        {
            return;
        }

        var any = payload[0] == IPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6;
        var rule = new PolicyRule(payload[0] == IPv4, 0, payload[4])
        {
            Action = payload[7],
            IsInverted = (MemoryMarshal.Read<uint>(payload[8..]) & Inverted) != 0,
            DestinationLength = Math.Min(payload[1], any.BitCount),
            Destination = payload[1] > 0 ? any : null,
            SourceLength = Math.Min(payload[2], any.BitCount),
            Source = payload[2] > 0 ? any : null,
            TypeOfService = payload[3],
        };
        var attributes = new NetlinkAttributes(payload[MessageSize..]);
        while (attributes.MoveNext())
        {
            rule = With(rule, attributes.Type, attributes);
        }

        Found.Add(rule);
    }

    private static PolicyRule With(PolicyRule rule, ushort type, NetlinkAttributes attribute)
    {
        var value = attribute.Value;
        attribute.TryReadUInt32(out var number);
        return type switch
        {
            1 when value.Length is 4 or 16 => rule with { Destination = InternetAddress.FromBytes(value) }, // FRA_DST
            2 when value.Length is 4 or 16 => rule with { Source = InternetAddress.FromBytes(value) }, // FRA_SRC
            3 => rule with { InputInterface = KernelText.Read(value) }, // FRA_IIFNAME
            4 => rule with { GotoPriority = number }, // FRA_GOTO
            6 => rule with { Priority = number }, // FRA_PRIORITY
            10 => rule with { Mark = number }, // FRA_FWMARK
            13 => rule with { SuppressInterfaceGroup = number == uint.MaxValue ? null : number }, // FRA_SUPPRESS_IFGROUP
            14 => rule with { SuppressPrefixLength = number > int.MaxValue ? null : (int)number }, // FRA_SUPPRESS_PREFIXLEN
            15 => rule with { Table = number }, // FRA_TABLE
            16 => rule with { MarkMask = number }, // FRA_FWMASK
            17 => rule with { OutputInterface = KernelText.Read(value) }, // FRA_OIFNAME
            19 => rule with { IsVrf = value.Length > 0 && value[0] != 0 }, // FRA_L3MDEV
            12 when BinaryPrimitives.TryReadUInt64BigEndian(value, out var key) => rule with { TunnelId = key }, // FRA_TUN_ID
            20 when TryReadPair(value, out uint first, out var last) => // FRA_UID_RANGE
                rule with { Users = first == 0 && last == uint.MaxValue ? null : (first, last) },
            22 when value.Length > 0 => rule with { Protocol = value[0] }, // FRA_IP_PROTO
            23 when TryReadPair(value, out ushort first, out var last) => // FRA_SPORT_RANGE
                rule with { SourcePorts = new RulePorts(first, last) },
            24 when TryReadPair(value, out ushort first, out var last) => // FRA_DPORT_RANGE
                rule with { DestinationPorts = new RulePorts(first, last) },
            28 when rule.SourcePorts is { } ports && MemoryMarshal.TryRead(value, out ushort mask) => // FRA_SPORT_MASK
                rule with { SourcePorts = new RulePorts(ports.First, ports.Last, mask) },
            29 when rule.DestinationPorts is { } ports && MemoryMarshal.TryRead(value, out ushort mask) => // FRA_DPORT_MASK
                rule with { DestinationPorts = new RulePorts(ports.First, ports.Last, mask) },
            5 or 7 or 8 or 9 or 11 or 18 or 21 => rule, // unused, FRA_FLOW, FRA_PAD, FRA_PROTOCOL: they select nothing
            _ => rule with { HasUnreadTests = true }, // DSCP, flow label, and newer ones
        };
    }

    /// <summary><c>struct fib_rule_uid_range</c> and <c>fib_rule_port_range</c>: first and last.</summary>
    private static bool TryReadPair<T>(ReadOnlySpan<byte> range, out T first, out T last)
        where T : unmanaged
    {
        (first, last) = (default, default);
        return MemoryMarshal.TryRead(range, out first) && MemoryMarshal.TryRead(range[(range.Length / 2)..], out last);
    }
}

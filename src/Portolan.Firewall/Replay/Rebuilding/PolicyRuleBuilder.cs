using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Portolan.Firewall.Host;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Replay.Rebuilding;

/// <summary>Adds and removes policy routing rules.</summary>
internal static class PolicyRuleBuilder
{
    private const ushort NewRule = 32;
    private const ushort DeleteRule = 33;
    private const ushort DestinationAttribute = 1;
    private const ushort SourceAttribute = 2;
    private const ushort InputInterface = 3;
    private const ushort Goto = 4;
    private const ushort Priority = 6;
    private const ushort Mark = 10;
    private const ushort SuppressGroup = 13;
    private const ushort SuppressPrefix = 14;
    private const ushort TableAttribute = 15;
    private const ushort Mask = 16;
    private const ushort OutputInterface = 17;
    private const ushort TunnelId = 12;
    private const ushort MasterDevice = 19;
    private const ushort Protocol = 22;
    private const ushort SourcePorts = 23;
    private const ushort DestinationPorts = 24;
    private const ushort SourcePortMask = 28;
    private const ushort DestinationPortMask = 29;
    private const uint Inverted = 2;

    internal static int Add(RouteRequest request, PolicyRule rule) => Send(request, NewRule, NetlinkFlags.Create, rule);

    internal static int Delete(RouteRequest request, PolicyRule rule) => Send(request, DeleteRule, NetlinkFlags.None, rule);

    private static int Send(RouteRequest request, ushort type, NetlinkFlags flags, PolicyRule rule)
    {
        var writer = request.Begin(type, flags, new RuleMessage
        {
            Family = rule.IsIPv4 ? (byte)2 : (byte)10,
            DestinationLength = rule.Destination is null ? (byte)0 : (byte)rule.DestinationLength,
            SourceLength = rule.Source is null ? (byte)0 : (byte)rule.SourceLength,
            TypeOfService = rule.TypeOfService,
            Table = rule.Table < 256 ? (byte)rule.Table : (byte)0,
            Action = rule.Action,
            Flags = rule.IsInverted ? Inverted : 0,
        });
        writer.HostOrder32(Priority, rule.Priority);
        WriteAddress(writer, DestinationAttribute, rule.Destination);
        WriteAddress(writer, SourceAttribute, rule.Source);
        WriteText(writer, InputInterface, rule.InputInterface);
        WriteText(writer, OutputInterface, rule.OutputInterface);
        if (rule.IsVrf)
        {
            writer.Byte(MasterDevice, 1);
        }
        else if (rule.Table != 0)
        {
            writer.HostOrder32(TableAttribute, rule.Table);
        }

        WriteNumber(writer, Goto, rule.GotoPriority);
        WriteNumber(writer, Mark, rule.MarkMask == 0 ? null : rule.Mark);
        WriteNumber(writer, Mask, rule.MarkMask == 0 ? null : rule.MarkMask);
        WriteNumber(writer, SuppressGroup, rule.SuppressInterfaceGroup);
        WriteNumber(writer, SuppressPrefix, (uint?)rule.SuppressPrefixLength);
        if (rule.Protocol is { } protocol)
        {
            writer.Byte(Protocol, protocol);
        }

        if (rule.TunnelId is { } key)
        {
            Span<byte> bytes = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64BigEndian(bytes, key);
            writer.Data(TunnelId, bytes);
        }

        WritePorts(writer, SourcePorts, SourcePortMask, rule.SourcePorts);
        WritePorts(writer, DestinationPorts, DestinationPortMask, rule.DestinationPorts);
        return request.Send();
    }

    /// <summary>struct fib_rule_port_range; a mask only where not all bits count, for older kernels know none.</summary>
    private static void WritePorts(NetlinkWriter writer, ushort type, ushort maskType, RulePorts? ports)
    {
        if (ports is null)
        {
            return;
        }

        writer.Data(type, MemoryMarshal.AsBytes<ushort>([ports.First, ports.Last]));
        if (ports.Mask != ushort.MaxValue)
        {
            writer.Data(maskType, MemoryMarshal.AsBytes<ushort>([ports.Mask]));
        }
    }

    private static void WriteNumber(NetlinkWriter writer, ushort type, uint? value)
    {
        if (value is { } number)
        {
            writer.HostOrder32(type, number);
        }
    }

    private static void WriteText(NetlinkWriter writer, ushort type, string? value)
    {
        if (value is not null)
        {
            writer.Text(type, value);
        }
    }

    private static void WriteAddress(NetlinkWriter writer, ushort type, InternetAddress? value)
    {
        if (value is { } address)
        {
            Span<byte> bytes = stackalloc byte[16];
            bytes = bytes[..(address.BitCount / 8)];
            address.WriteBytes(bytes);
            writer.Data(type, bytes);
        }
    }

    /// <summary>struct fib_rule_hdr (linux/fib_rules.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct RuleMessage
    {
        internal byte Family;
        internal byte DestinationLength;
        internal byte SourceLength;
        internal byte TypeOfService;
        internal byte Table;
        internal byte Reserved1;
        internal byte Reserved2;
        internal byte Action;
        internal uint Flags;
    }
}

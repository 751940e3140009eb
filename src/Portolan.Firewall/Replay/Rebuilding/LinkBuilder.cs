using System.Runtime.InteropServices;
using Portolan.Firewall.Host;
using Portolan.Linux.Netlink;
using Portolan.Packets;

namespace Portolan.Firewall.Replay.Rebuilding;

/// <summary>
/// Makes interfaces of given names and numbers: virtual cables whose other ends are in the far namespace, under the same number.
/// </summary>
internal static class LinkBuilder
{
    private const ushort NewLink = 16;
    private const ushort HardwareAddress = 1;
    private const ushort NameAttribute = 3;
    private const ushort LinkInformation = 18;
    private const ushort Group = 27;
    private const ushort NamespaceDescriptor = 28;
    private const ushort InformationKind = 1;
    private const ushort InformationData = 2;
    private const ushort VethPeer = 1;
    private const uint Up = 1;

    /// <summary>
    /// No neighbour is looked for: whatever is sent out leaves at once (arp_constructor, net/ipv4/arp.c), and says nothing by itself.
    /// </summary>
    private const uint NoArp = 0x80;

    /// <summary>Makes one, down.</summary>
    /// <returns>0, or the error number.</returns>
    internal static int Add(RouteRequest request, HostInterface link, int farDescriptor)
    {
        var writer = request.Begin(NewLink, NetlinkFlags.Create | NetlinkFlags.Exclusive, new InterfaceMessage { Index = link.Index });
        writer.Text(NameAttribute, link.Name);
        WriteAddress(writer, NearAddress(link.Index));
        writer.HostOrder32(Group, link.Group);
        var information = writer.BeginNest(LinkInformation);
        writer.Data(InformationKind, "veth"u8);
        var data = writer.BeginNest(InformationData);
        var peer = writer.BeginNest(VethPeer);
        var message = new InterfaceMessage { Index = link.Index };
        writer.Raw(MemoryMarshal.AsBytes(new ReadOnlySpan<InterfaceMessage>(in message)));
        writer.Text(NameAttribute, FarName(link.Index));
        WriteAddress(writer, FarAddress(link.Index));
        writer.HostOrder32(NamespaceDescriptor, (uint)farDescriptor);
        writer.EndNest(peer);
        writer.EndNest(data);
        writer.EndNest(information);
        return request.Send();
    }

    /// <summary>Brings one up.</summary>
    /// <returns>0, or the error number.</returns>
    internal static int SetUp(RouteRequest request, int index, bool isLoopback)
    {
        var flags = isLoopback ? Up : Up | NoArp;
        request.Begin(NewLink, NetlinkFlags.None, new InterfaceMessage { Index = index, Flags = flags, Change = flags });
        return request.Send();
    }

    /// <summary>Sets the group of one that is there.</summary>
    /// <returns>0, or the error number.</returns>
    internal static int SetGroup(RouteRequest request, int index, uint group)
    {
        request.Begin(NewLink, NetlinkFlags.None, new InterfaceMessage { Index = index }).HostOrder32(Group, group);
        return request.Send();
    }

    /// <summary>The hardware address of the near end: locally administered.</summary>
    internal static MacAddress NearAddress(int index) => new(0x0270_0000_0000UL | (uint)index);

    /// <summary>That of the far end.</summary>
    internal static MacAddress FarAddress(int index) => new(0x0672_0000_0000UL | (uint)index);

    private static void WriteAddress(NetlinkWriter writer, MacAddress address)
    {
        Span<byte> bytes = stackalloc byte[MacAddress.Length];
        address.WriteBytes(bytes);
        writer.Data(HardwareAddress, bytes);
    }

    internal static string FarName(int index) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"far{index}");

    /// <summary>struct ifinfomsg (linux/rtnetlink.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct InterfaceMessage
    {
        internal byte Family;
        internal byte Padding;
        internal ushort Type;
        internal int Index;
        internal uint Flags;
        internal uint Change;
    }
}

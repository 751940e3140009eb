using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Tests.Packets;

/// <summary>
/// Frames that a whole stack sends and receives besides those of a scan: every TCP option, extension headers, fragments, multicast
/// membership.
/// </summary>
internal static class StackSamples
{
    internal static readonly InternetAddress Group = InternetAddress.FromIPv4(0xe8010203);
    internal static readonly InternetAddress Group6 = InternetAddress.FromNumber(((UInt128)0xff15 << 112) | 0x1234, isIPv4: false);
    internal static readonly InternetAddress LinkLocal6 = InternetAddress.FromNumber(((UInt128)0xfe80 << 112) | 1, isIPv4: false);

    private delegate int Writer(Span<byte> destination);

    internal static List<byte[]> All() =>
    [
        Igmp(Group, static d => IgmpWriter.WriteReport(d, Group)),
        Igmp(Group, static d => IgmpWriter.WriteReport(d, Group, version: 1)),
        Igmp(IgmpWriter.AllRouters, static d => IgmpWriter.WriteLeave(d, Group)),
        Igmp(IgmpWriter.AllSystems, static d => IgmpWriter.WriteQuery(d, InternetAddress.AnyIPv4, TimeSpan.FromSeconds(10))),
        Igmp(
            Group,
            static d =>
                IgmpWriter.WriteQueryV3(
                    d, Group, TimeSpan.FromSeconds(20), 2, TimeSpan.FromSeconds(125), [PacketSamples.Theirs, PacketSamples.Ours])),
        Igmp(
            IgmpWriter.AllVersion3Routers,
            static d => IgmpWriter.WriteReportV3(d, Records(stackalloc byte[100], Group, PacketSamples.Theirs))),
        Mld(Group6, static d => MldWriter.WriteReport(d, LinkLocal6, Group6)),
        Mld(MldWriter.AllRouters, static d => MldWriter.WriteDone(d, LinkLocal6, Group6)),
        Mld(
            MldWriter.AllNodes,
            static d => MldWriter.WriteQuery(d, LinkLocal6, MldWriter.AllNodes, InternetAddress.AnyIPv6, TimeSpan.FromSeconds(10))),
        Mld(
            Group6,
            static d =>
                MldWriter.WriteQueryV2(
                    d, LinkLocal6, Group6, Group6, TimeSpan.FromSeconds(50), 2, TimeSpan.FromSeconds(125), [PacketSamples.Theirs6])),
        Mld(
            MldWriter.AllVersion2Routers,
            static d => MldWriter.WriteReportV2(d, LinkLocal6, Records(stackalloc byte[200], Group6, PacketSamples.Theirs6))),
        Tcp(static (ref TcpOptionsWriter w) => w.AddFastOpen([])),
        Tcp(static (ref TcpOptionsWriter w) => w.AddFastOpen([1, 2, 3, 4, 5, 6, 7, 8])),
        Tcp(static (ref TcpOptionsWriter w) => w.AddAccurateEcn(new TcpAccurateEcn(1, 2, 0xabcdef))),
        Tcp(static (ref TcpOptionsWriter w) => w.AddAccurateEcn(new TcpAccurateEcn(1, 2, 0xabcdef), ect1First: true, count: 2)),
        Tcp(static (ref TcpOptionsWriter w) => w.AddUserTimeout(TimeSpan.FromMinutes(5))),
        Tcp(static (ref TcpOptionsWriter w) => w.AddMd5Signature([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])),
        Tcp(static (ref TcpOptionsWriter w) => w.AddAuthentication(7, 8, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])),
        Tcp(static (ref TcpOptionsWriter w) => w.AddSackBlocks([new(5, 9), new(20, 30)])),
        Extended(),
        .. Fragments(PacketSamples.Ours, PacketSamples.Theirs),
        .. Fragments(PacketSamples.Ours6, PacketSamples.Theirs6),
    ];

    /// <summary>A UDP datagram to port 9 in three fragments.</summary>
    internal static IEnumerable<byte[]> Fragments(InternetAddress source, InternetAddress destination)
    {
        var whole = new byte[108];
        UdpWriter.Write(whole, source, destination, new PortNumber(40000), new PortNumber(9), whole.AsSpan(8));
        foreach (var (start, length) in ((int, int)[])[(0, 48), (48, 48), (96, 12)])
        {
            yield return Frame(source.IsIPv4, d =>
            {
                var more = start + length < whole.Length;
                var header = source.IsIPv4
                    ? Ipv4Writer.Write(
                        d, new Ipv4Header(
                            source, destination, IpProtocol.Udp, Identification: 77, MoreFragments: more, FragmentOffset: start), length)
                    : Ipv6Writer.Write(d, source, destination, IpProtocol.Fragment, length + 8);
                header += source.IsIPv4 ? 0 : Ipv6ExtensionWriter.WriteFragment(d[header..], IpProtocol.Udp, start, more, 0x0123_4567);
                whole.AsSpan(start, length).CopyTo(d[header..]);
                return header + length;
            });
        }
    }

    private static MulticastRecordsWriter Records(Span<byte> buffer, InternetAddress group, InternetAddress source)
    {
        var records = new MulticastRecordsWriter(buffer);
        Assert.True(records.TryAdd(MulticastRecordType.ChangeToExclude, group));
        Assert.True(records.TryAdd(MulticastRecordType.ModeIsInclude, group, [source]));
        return records;
    }

    private static byte[] Igmp(InternetAddress destination, Writer writer) => Frame(isIPv4: true, d =>
    {
        var length = writer(d[24..]);
        return length + Ipv4Writer.Write(
            d, new Ipv4Header(PacketSamples.Ours, destination, IpProtocol.Igmp, IgmpWriter.TimeToLive), length, Ipv4Writer.RouterAlert);
    });

    private static byte[] Mld(InternetAddress destination, Writer writer) => Frame(isIPv4: false, d =>
    {
        var length = writer(d[48..]);
        Ipv6Writer.Write(d, LinkLocal6, destination, IpProtocol.HopByHopOptions, 8 + length, MldWriter.HopLimit);
        return 40 + length + Ipv6ExtensionWriter.WriteRouterAlert(d[40..], IpProtocol.Icmpv6);
    });

    private delegate void OptionWriter(ref TcpOptionsWriter writer);

    private static byte[] Tcp(OptionWriter write) => Frame(isIPv4: true, d =>
    {
        Span<byte> options = stackalloc byte[40];
        var writer = new TcpOptionsWriter(options);
        write(ref writer);
        var length = TcpWriter.Write(
            d[20..],
            PacketSamples.Ours,
            PacketSamples.Theirs,
            new TcpHeader(new PortNumber(40000), new PortNumber(80), 1, 1, TcpFlags.Ack, 1000, AccurateEcn: true),
            options[..writer.Pad()]);
        return length + Ipv4Writer.Write(d, PacketSamples.Ours, PacketSamples.Theirs, IpProtocol.Tcp, length);
    });

    private static byte[] Extended() => Frame(isIPv4: false, static d =>
    {
        var at = 40;
        at += Ipv6ExtensionWriter.WriteOptions(d[at..], IpProtocol.Routing, [0x1e, 3, 1, 2, 3]);
        at += Ipv6ExtensionWriter.WriteRouting(
            d[at..], IpProtocol.DestinationOptions, 2, 0, [0, 0, 0, 0, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]);
        at += Ipv6ExtensionWriter.WriteOptions(d[at..], IpProtocol.Udp, [0x1e, 0]);
        at += UdpWriter.Write(d[at..], PacketSamples.Ours6, PacketSamples.Theirs6, new PortNumber(40000), new PortNumber(9), [1, 2, 3]);
        Ipv6Writer.Write(d, PacketSamples.Ours6, PacketSamples.Theirs6, IpProtocol.HopByHopOptions, at - 40);
        return at;
    });

    private static byte[] Frame(bool isIPv4, Writer writer)
    {
        var frame = new byte[400];
        var at = EthernetWriter.Write(
            frame, PacketSamples.TheirHardwareAddress, PacketSamples.OurHardwareAddress, isIPv4 ? EtherType.Ipv4 : EtherType.Ipv6);
        return frame[..(at + writer(frame.AsSpan(at)))];
    }
}

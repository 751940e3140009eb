using System.Globalization;
using Portolan.Kernel.Tests.Support;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Tests.Packets;

namespace Portolan.Kernel.Tests.Packets;

/// <summary>Another dissector reads what a whole stack sends as we read it, and capture files as we read them.</summary>
public sealed class TsharkStackTests
{
    private static readonly string[] Fields =
    [
        "_ws.malformed", "ip.checksum.status", "tcp.checksum.status", "igmp.checksum.status", "icmpv6.checksum.status",
        "igmp.type", "igmp.maddr", "igmp.saddr", "igmp.record_type", "igmp.qrv",
        "icmpv6.type", "icmpv6.mldr.mar.multicast_address", "icmpv6.mldr.mar.source_address", "icmpv6.mldr.mar.record_type",
        "icmpv6.mld.source_address",
        "tcp.options.tfo.cookie", "tcp.options.acc_ecn.ee0b", "tcp.options.acc_ecn.eceb", "tcp.options.acc_ecn.ee1b",
        "tcp.options.user_to_val",
        "tcp.options.sack_le", "tcp.options.sack_re", "tcp.flags",
        "ipv6.routing.type", "ip.frag_offset", "ipv6.fraghdr.offset", "udp.length", "udp.checksum.status",
    ];

    [Fact]
    public void Tshark_reads_every_message_and_option_as_our_views_do()
    {
        var frames = StackSamples.All();
        var rows = Tshark.Dissect(frames.ConvertAll(static frame => (frame, LinkLayer.Ethernet)), Fields);
        Assert.Equal(frames.Count, rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            var row = Fields.Zip(rows[i]).ToDictionary(static pair => pair.First, static pair => pair.Second, StringComparer.Ordinal);
            Assert.Equal("", row["_ws.malformed"]);
            Assert.All(
                Fields.Where(static field => field.EndsWith(".status", StringComparison.Ordinal)),
                field => Assert.Contains(row[field], (string[])["", "1"]));
            var expected = Expected(frames[i]);
            Assert.NotEmpty(expected);
            foreach (var (field, value) in expected)
            {
                Assert.True(row[field] == value, $"frame {i}, {field}: tshark reads \"{row[field]}\", we read \"{value}\"");
            }
        }
    }

    [Fact]
    public void Tshark_puts_our_fragments_together()
    {
        foreach (var isIPv4 in (bool[])[true, false])
        {
            var frames = StackSamples.Fragments(
                isIPv4 ? PacketSamples.Ours : PacketSamples.Ours6, isIPv4 ? PacketSamples.Theirs : PacketSamples.Theirs6);
            var rows =
                Tshark.Dissect([.. frames.Select(static frame => (frame, LinkLayer.Ethernet))], ["udp.length", "udp.checksum.status"]);
            Assert.Equal(["108", "1"], rows[^1]);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_capture_file_of_either_byte_order_is_read_as_tshark_reads_it(bool isBigEndian)
    {
        var bytes = new PcapngBytes(isBigEndian);
        var random = new Random(7);
        foreach (var resolution in (byte?[])[9, 6, 3, null, 0x80 | 20])
        {
            bytes.Section().Interface(PcapngBytes.Ethernet, 0, "eth0", resolution, resolution == 9 ? 60 : null);
            for (var count = 0; count < 20; count++)
            {
                var unit = resolution switch { 9 => 1e9, 3 => 1e3, 0x80 | 20 => 1 << 20, _ => 1e6 };
                bytes.Enhanced(
                    0, (ulong)(1_700_000_000 * unit) + (ulong)random.Next(1 << 20), PacketSamples.All()[random.Next(20)],
                    count % 3 == 0 ? ["comment " + count] : []);
            }
        }

        AssertReadAlike(bytes.ToArray());
    }

    [Fact]
    public void What_mergecap_makes_of_two_files_is_read_as_tshark_reads_it()
    {
        var folder = Directory.CreateTempSubdirectory("portolan-pcapng");
        try
        {
            string[] paths = [.. Enumerable.Range(0, 3).Select(number => Path.Combine(folder.FullName, $"{number}.pcapng"))];
            for (var number = 0; number < 2; number++)
            {
                using var file = File.Create(paths[number]);
                var writer = new PcapngWriter(file, "portolan");
                writer.AddInterface($"lab{number}", LinkLayer.Ethernet);
                for (var i = 0; i < 50; i++)
                {
                    writer.Write(
                        0, 1_700_000_000_000_000_000UL + (ulong)((2 * i) + number), PacketSamples.All()[i % 20], FrameDirection.Inbound, 0,
                        i % 7 == 0 ? $"frame {i}" : null);
                }
            }

            Tool.Lines("mergecap", "-w", paths[2], paths[0], paths[1]);
            Assert.Equal(100, AssertReadAlike(File.ReadAllBytes(paths[2])));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static int AssertReadAlike(byte[] capture)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, capture);
            var rows = Tshark.Fields(path, ["frame.time_epoch", "frame.len", "frame.cap_len", "frame.comment", "frame.interface_name"]);
            var reader = new PcapngReader(new MemoryStream(capture));
            var index = 0;
            while (reader.TryRead(out var packet))
            {
                var time = packet.Nanoseconds!.Value;
                Assert.Equal(
                    [
                        string.Create(CultureInfo.InvariantCulture, $"{time / 1_000_000_000}.{time % 1_000_000_000:D9}"),
                        packet.OriginalLength.ToString(CultureInfo.InvariantCulture),
                        packet.Frame.Length.ToString(CultureInfo.InvariantCulture),
                        string.Join(',', packet.Options.Comments),
                        packet.Interface.Name,
                    ],
                    rows[index++]);
            }

            Assert.Equal((PcapngEnd.Complete, rows.Count), (reader.End, index));
            return index;
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>What our views read of a frame, in tshark's words.</summary>
    private static Dictionary<string, string> Expected(byte[] bytes)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        Assert.True(EthernetFrame.TryRead(bytes, out var frame));
        if (Ipv4Packet.TryRead(frame.Payload, out var v4))
        {
            if (v4.Protocol == IpProtocol.Igmp && IgmpMessage.TryRead(v4.Payload, out var igmp))
            {
                fields["igmp.type"] = $"0x{(int)igmp.Type:x2}";
                var (types, groups, sources) = Lists(igmp.Records, igmp.Sources);
                fields["igmp.maddr"] = igmp.Type == IgmpType.ReportV3 ? groups : igmp.Group.ToString();
                fields["igmp.saddr"] = sources;
                fields["igmp.record_type"] = types;
                fields["igmp.qrv"] = igmp.Type == IgmpType.Query && igmp.Version == 3 ? Text(igmp.Robustness) : "";
            }
            else if (v4.Protocol == IpProtocol.Tcp && TcpSegment.TryRead(v4.Payload, out var tcp))
            {
                Expect(tcp, fields);
            }
            else
            {
                fields["ip.frag_offset"] = Text(v4.FragmentOffset / 8);
            }
        }
        else if (Ipv6Packet.TryRead(frame.Payload, out var v6))
        {
            foreach (var header in v6.Extensions)
            {
                if (header.TryReadRouting(out var routing))
                {
                    fields["ipv6.routing.type"] = Text(routing.RoutingType);
                }
            }

            if (v6.HasFragmentHeader)
            {
                fields["ipv6.fraghdr.offset"] = Text(v6.FragmentOffset / 8);
            }
            else if (MldMessage.TryRead(v6.Payload, out var mld))
            {
                fields["icmpv6.type"] = Text((int)mld.Type);
                var (types, groups, sources) = Lists(mld.Records, mld.Sources);
                fields["icmpv6.mldr.mar.multicast_address"] = groups;
                fields["icmpv6.mldr.mar.record_type"] = types;
                fields[mld.Type == Icmpv6Type.MulticastListenerQuery ? "icmpv6.mld.source_address" : "icmpv6.mldr.mar.source_address"] =
                    sources;
            }
        }

        return fields;
    }

    private static void Expect(in TcpSegment tcp, Dictionary<string, string> fields)
    {
        var options = tcp.Options.Read();
        var kinds = new List<string>();
        foreach (var option in tcp.Options)
        {
            kinds.Add(Text((int)option.Kind));
        }

        fields["tcp.flags"] = $"0x{(tcp.AccurateEcn ? 0x100 : 0) | (int)tcp.Flags:x4}";
        fields["tcp.options.tfo.cookie"] = Convert.ToHexStringLower(options.FastOpenCookie);
        fields["tcp.options.acc_ecn.ee0b"] = Text(options.AccurateEcn.Ect0);
        fields["tcp.options.acc_ecn.eceb"] = Text(options.AccurateEcn.CongestionExperienced);
        fields["tcp.options.acc_ecn.ee1b"] = Text(options.AccurateEcn.Ect1);
        fields["tcp.options.user_to_val"] = options.UserTimeout is { } timeout ? Text((int)timeout.TotalSeconds) : "";
        var (left, right) = (new List<string>(), new List<string>());
        for (var i = 0; i < options.SackBlocks.Count; i++)
        {
            left.Add(Text(options.SackBlocks[i].Start));
            right.Add(Text(options.SackBlocks[i].End));
        }

        fields["tcp.options.sack_le"] = string.Join(',', left);
        fields["tcp.options.sack_re"] = string.Join(',', right);
        Assert.Single(kinds);
    }

    private static (string Types, string Groups, string Sources) Lists(MulticastRecords records, AddressList asked)
    {
        var (types, groups, sources) = (new List<string>(), new List<string>(), new List<string>());
        Add(asked, sources);
        foreach (var record in records)
        {
            types.Add(Text((int)record.Type));
            groups.Add(record.Group.ToString());
            Add(record.Sources, sources);
        }

        return (string.Join(',', types), string.Join(',', groups), string.Join(',', sources));
    }

    private static void Add(AddressList addresses, List<string> texts)
    {
        for (var i = 0; i < addresses.Count; i++)
        {
            texts.Add(addresses[i].ToString());
        }
    }

    private static string Text(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";
}

using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Support;

namespace Portolan.Tests.Packets;

public sealed class MulticastMessageTests
{
    [Fact]
    public void Every_code_stands_for_the_greatest_value_that_is_not_above()
    {
        for (var code = 0; code <= 0xff; code++)
        {
            var value = MulticastCode.Decode8((byte)code);
            Assert.Equal(code, MulticastCode.Encode8(value));
            Assert.True(code == 0xff || MulticastCode.Encode8(MulticastCode.Decode8((byte)(code + 1)) - 1) == code);
        }

        for (var code = 0; code <= 0xffff; code++)
        {
            Assert.Equal(code, MulticastCode.Encode16(MulticastCode.Decode16((ushort)code)));
        }

        Assert.Equal((31_744, 8_387_584), (MulticastCode.Decode8(0xff), MulticastCode.Decode16(0xffff)));
        Assert.Equal(
            (0xff, 0xffff, 0), (MulticastCode.Encode8(int.MaxValue), MulticastCode.Encode16(int.MaxValue), MulticastCode.Encode8(-1)));
    }

    [Fact]
    public void Queries_are_told_apart_by_their_length()
    {
        var bytes = new byte[40];
        Assert.Equal(8, IgmpWriter.WriteQuery(bytes, StackSamples.Group, TimeSpan.Zero));
        Assert.True(IgmpMessage.TryRead(bytes.AsSpan(0, 8), out var v1));
        Assert.Equal(
            (IgmpType.Query, 1, TimeSpan.FromSeconds(10), StackSamples.Group), (v1.Type, v1.Version, v1.MaxResponseTime, v1.Group));

        IgmpWriter.WriteQuery(bytes, StackSamples.Group, TimeSpan.FromSeconds(2.5));
        Assert.True(IgmpMessage.TryRead(bytes.AsSpan(0, 8), out var v2));
        Assert.Equal((2, TimeSpan.FromSeconds(2.5), true), (v2.Version, v2.MaxResponseTime, v2.HasValidChecksum));
        for (var length = 9; length < 12; length++)
        {
            Assert.False(IgmpMessage.TryRead(bytes.AsSpan(0, length), out _));
        }

        var written = IgmpWriter.WriteQueryV3(
            bytes, StackSamples.Group, TimeSpan.FromSeconds(12.8), 5, TimeSpan.FromSeconds(125),
            [PacketSamples.Ours, PacketSamples.Theirs]);
        Assert.Equal(20, written);
        Assert.True(IgmpMessage.TryRead(bytes.AsSpan(0, written), out var v3));
        Assert.Equal(
            (3, TimeSpan.FromSeconds(12.8), 5, TimeSpan.FromSeconds(125), false),
            (v3.Version, v3.MaxResponseTime, v3.Robustness, v3.QueryInterval, v3.SuppressRouterProcessing));
        Assert.Equal(
            (2, PacketSamples.Ours, PacketSamples.Theirs, true), (v3.Sources.Count, v3.Sources[0], v3.Sources[1], v3.HasValidChecksum));
        Assert.False(IgmpMessage.TryRead(bytes.AsSpan(0, written - 1), out _));
    }

    [Fact]
    public void A_listener_query_of_each_version()
    {
        var bytes = new byte[100];
        var (source, to) = (StackSamples.LinkLocal6, StackSamples.Group6);
        Assert.Equal(24, MldWriter.WriteQuery(bytes, source, to, to, TimeSpan.FromMilliseconds(40_000.0)));
        Assert.True(MldMessage.TryRead(bytes.AsSpan(0, 24), out var v1));
        Assert.Equal((1, TimeSpan.FromSeconds(40), to), (v1.Version, v1.MaxResponseTime, v1.Group));
        for (var length = 25; length < 28; length++)
        {
            Assert.False(MldMessage.TryRead(bytes.AsSpan(0, length), out _));
        }

        var written = MldWriter.WriteQueryV2(
            bytes, source, to, to, TimeSpan.FromMilliseconds(32_768.0), 3, TimeSpan.FromSeconds(60), [PacketSamples.Ours6]);
        Assert.Equal(44, written);
        Assert.True(MldMessage.TryRead(bytes.AsSpan(0, written), out var v2));
        Assert.Equal(
            (2, TimeSpan.FromMilliseconds(32_768.0), 3, TimeSpan.FromSeconds(60), to),
            (v2.Version, v2.MaxResponseTime, v2.Robustness, v2.QueryInterval, v2.Group));
        Assert.Equal((1, PacketSamples.Ours6), (v2.Sources.Count, v2.Sources[0]));
        Assert.True(Icmpv6Message.TryRead(bytes.AsSpan(0, written), out var icmp) && icmp.HasValidChecksum(source, to) && !icmp.IsError);
    }

    [Fact]
    public void Reports_of_many_records_are_read_as_they_were_written() => Fuzz.Run(2000, static (random, _) =>
    {
        var isIPv4 = random.Next(2) == 0;
        Span<byte> room = stackalloc byte[random.Next(600)];
        var writer = new MulticastRecordsWriter(room);
        var added = new List<(MulticastRecordType Type, InternetAddress Group, InternetAddress[] Sources)>();
        for (var count = random.Next(8); count > 0; count--)
        {
            var record = ((MulticastRecordType)random.Next(1, 7), Any(random, isIPv4),
                Enumerable.Range(0, random.Next(5)).Select(_ => Any(random, isIPv4)).ToArray());
            if (writer.TryAdd(record.Item1, record.Item2, record.Item3))
            {
                added.Add(record);
            }
        }

        var bytes = new byte[700];
        MulticastRecords records;
        if (isIPv4)
        {
            var length = IgmpWriter.WriteReportV3(bytes, writer);
            Assert.True(IgmpMessage.TryRead(bytes.AsSpan(0, length), out var message) && message.HasValidChecksum);
            Assert.Equal((IgmpType.ReportV3, 3), (message.Type, message.Version));
            records = message.Records;
        }
        else
        {
            var length = MldWriter.WriteReportV2(bytes, StackSamples.LinkLocal6, writer);
            Assert.True(MldMessage.TryRead(bytes.AsSpan(0, length), out var message));
            Assert.Equal((2, InternetAddress.AnyIPv6), (message.Version, message.Group));
            records = message.Records;
        }

        Assert.Equal(added.Count, records.Count);
        var index = 0;
        foreach (var record in records)
        {
            var (type, group, sources) = added[index++];
            Assert.Equal((type, group, sources.Length, 0), (record.Type, record.Group, record.Sources.Count, record.AuxiliaryData.Length));
            for (var i = 0; i < sources.Length; i++)
            {
                Assert.Equal(sources[i], record.Sources[i]);
            }
        }

        Assert.Equal(added.Count, index);
    });

    [Fact]
    public void Auxiliary_data_is_skipped_and_a_record_that_runs_over_the_end_refuses_the_report()
    {
        byte[] report = [
            0x22, 0, 0, 0, 0, 0, 0, 2, /* */ 4, 1, 0, 1, 232, 1, 2, 3, 198, 18, 0, 1, 9, 9, 9, 9, /* */ 3, 0, 0, 0, 232, 1, 2, 4];
        Assert.True(IgmpMessage.TryRead(report, out var message));
        var groups = new List<string>();
        foreach (var record in message.Records)
        {
            groups.Add($"{record.Type} {record.Group} {record.Sources.Count} {record.AuxiliaryData.Length}");
        }

        Assert.Equal(["ChangeToExclude 232.1.2.3 1 4", "ChangeToInclude 232.1.2.4 0 0"], groups);
        for (var length = 8; length < report.Length; length++)
        {
            Assert.False(IgmpMessage.TryRead(report.AsSpan(0, length), out _));
        }
    }

    [Fact]
    public void Damaged_messages_never_make_an_accessor_fail()
    {
        var samples = StackSamples.All();
        Fuzz.Run(10_000, (random, _) => PacketAccessors.ReadFrame(Fuzz.Damage(random, samples[random.Next(samples.Count)])));
        foreach (var sample in samples)
        {
            for (var length = 0; length <= sample.Length; length++)
            {
                PacketAccessors.ReadFrame(sample.AsSpan(0, length));
            }
        }
    }

    [Fact]
    public void A_group_has_the_Ethernet_address_of_RFC_1112()
    {
        Assert.True(InternetAddress.TryParse("239.129.2.3", out var group));
        Assert.Equal("01:00:5e:01:02:03", IgmpWriter.MulticastHardwareAddress(group).ToString());
    }

    private static InternetAddress Any(Random random, bool isIPv4) =>
        InternetAddress.FromNumber(((UInt128)(ulong)random.NextInt64() << 64) | (ulong)random.NextInt64(), isIPv4);
}

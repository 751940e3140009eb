using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport.Ip;

namespace Portolan.Tests.Transport.Ip;

/// <summary>Groups are joined, told to routers, and left.</summary>
public sealed class MulticastTests
{
    private readonly LabNetwork _network = new();
    private readonly LabHost _us;
    private readonly IpInterface _at;

    public MulticastTests()
    {
        var net = _network.AddSwitch(LinkLayer.Ip);
        _us = _network.AddHost();
        _at = _us.Join(net, addresses: "198.18.0.1/24 2001:db8::1/64 fe80::1/64");
        _network.Run(5);
        _network.Seen.Clear();
    }

    [Fact]
    public void A_join_is_told_twice_and_a_leave_too()
    {
        Assert.True(_us.Ip.TryJoin(0, LabNetwork.Ip("239.1.2.3"), out var joined));
        Assert.Equal(_at.Number, joined);
        _network.Run(3);
        Assert.Equal([MulticastRecordType.ChangeToExclude, MulticastRecordType.ChangeToExclude], Records("239.1.2.3"));
        _us.Ip.Leave(joined, LabNetwork.Ip("239.1.2.3"));
        _network.Run(3);
        Assert.Equal([MulticastRecordType.ChangeToInclude, MulticastRecordType.ChangeToInclude], Records("239.1.2.3"));
        Assert.False(_at.Groups.Contains(LabNetwork.Ip("239.1.2.3")));
    }

    [Fact]
    public void A_group_is_left_when_the_last_member_leaves()
    {
        var group = LabNetwork.Ip("ff02::77");
        Assert.True(_us.Ip.TryJoin(2, group, out _));
        Assert.True(_us.Ip.TryJoin(2, group, out _));
        _us.Ip.Leave(2, group);
        Assert.True(_at.Groups.Contains(group));
        _us.Ip.Leave(2, group);
        Assert.False(_at.Groups.Contains(group));
        _us.Ip.Leave(2, group);
        _network.Run(3);
        Assert.Equal(3, Records("ff02::77").Count);
    }

    [Theory]
    [InlineData("239.1.2.3", 3)]
    [InlineData("ff02::77", 2)]
    public void A_query_is_answered_within_the_time_it_gives(string group, int version)
    {
        _us.Ip.TryJoin(2, LabNetwork.Ip(group), out _);
        _network.Run(5);
        _network.Seen.Clear();
        _us.Inject(_at, Query(group.Contains(':'), version, TimeSpan.FromSeconds(4)));
        Assert.Empty(_network.Seen);
        _network.Run(4.1);
        Assert.Equal([MulticastRecordType.ModeIsExclude], Records(group));
    }

    [Theory]
    [InlineData("239.1.2.3", 2, (byte)IgmpType.ReportV2)]
    [InlineData("239.1.2.3", 1, (byte)IgmpType.ReportV1)]
    [InlineData("ff02::77", 1, (byte)Icmpv6Type.MulticastListenerReport)]
    public void An_older_router_is_answered_in_its_own_version(string group, int version, byte type)
    {
        _us.Ip.TryJoin(2, LabNetwork.Ip(group), out _);
        _network.Run(5);
        _network.Seen.Clear();
        _us.Inject(_at, Query(group.Contains(':'), version, TimeSpan.FromSeconds(4)));
        _network.Run(11);
        var packet = Assert.Single(_network.Seen);
        Assert.Equal(type, packet[group.Contains(':') ? 48 : 24]);
        Assert.Equal(
            LabNetwork.Ip(group),
            group.Contains(':') ? InternetAddress.FromBytes(packet.AsSpan(24, 16)) : InternetAddress.FromBytes(packet.AsSpan(16, 4)));
    }

    [Fact]
    public void Reports_carry_what_routers_check()
    {
        _us.Ip.TryJoin(2, LabNetwork.Ip("239.1.2.3"), out _);
        _us.Ip.TryJoin(2, LabNetwork.Ip("ff05::77"), out _);
        _network.Settle();
        Assert.True(Ipv4Packet.TryRead(_network.Seen[0], out var v4));
        Assert.Equal((1, LabNetwork.Ip("224.0.0.22"), true), (v4.TimeToLive, v4.Destination, v4.HasValidChecksum));
        Assert.Equal(Ipv4Writer.RouterAlert, v4.Options);
        Assert.True(IgmpMessage.TryRead(v4.Payload, out var igmp) && igmp.HasValidChecksum);
        Assert.True(Ipv6Packet.TryRead(_network.Seen[1], out var v6));
        Assert.Equal((1, LabNetwork.Ip("ff02::16"), LabNetwork.Ip("fe80::1")), (v6.HopLimit, v6.Destination, v6.Source));
        Assert.Equal(IpProtocol.HopByHopOptions, v6.NextHeader);
        Assert.True(Icmpv6Message.TryRead(v6.Payload, out var mld) && mld.HasValidChecksum(v6.Source, v6.Destination));
    }

    [Fact]
    public void Only_members_hear_a_group_and_senders_that_are_members_hear_themselves()
    {
        var net = _network.AddSwitch();
        LabHost[] hosts = [.. Enumerable.Range(1, 3).Select(i =>
        {
            var host = _network.AddHost();
            host.Join(net, addresses: $"198.18.7.{i}/24");
            return host;
        })];
        hosts[0].Ip.TryJoin(2, LabNetwork.Ip("239.1.1.1"), out _);
        hosts[1].Ip.TryJoin(2, LabNetwork.Ip("239.1.1.1"), out _);
        hosts[0].Send("198.18.7.1", "239.1.1.1", [1]);
        _network.Run(0.1);
        Assert.Equal([1, 1, 0], hosts.Select(h => h.Probe.Packets.Count));
        Assert.All(
            hosts[..2],
            h => Assert.Equal((IpDelivery.Multicast, 1), (h.Probe.Packets[0].Arrival.Delivery, (int)h.Probe.Packets[0].Arrival.HopLimit)));
        Assert.True(hosts[2].Ip.Counters[IpDrop.NotJoined] > 0);
    }

    private static byte[] Query(bool isIPv6, int version, TimeSpan within)
    {
        var message = new byte[28];
        if (isIPv6)
        {
            var (from, to) = (LabNetwork.Ip("fe80::9"), MldWriter.AllNodes);
            var length = version == 1
                ? MldWriter.WriteQuery(message, from, to, InternetAddress.AnyIPv6, within)
                : MldWriter.WriteQueryV2(message, from, to, InternetAddress.AnyIPv6, within, 2, TimeSpan.FromSeconds(125));
            var packet = new byte[48 + length];
            Ipv6Writer.Write(packet, from, to, IpProtocol.HopByHopOptions, 8 + length, MldWriter.HopLimit);
            Ipv6ExtensionWriter.WriteRouterAlert(packet.AsSpan(40), IpProtocol.Icmpv6);
            message.AsSpan(0, length).CopyTo(packet.AsSpan(48));
            return packet;
        }

        var written = version switch
        {
            1 => IgmpWriter.WriteQuery(message, InternetAddress.AnyIPv4, TimeSpan.Zero),
            2 => IgmpWriter.WriteQuery(message, InternetAddress.AnyIPv4, within),
            _ => IgmpWriter.WriteQueryV3(message, InternetAddress.AnyIPv4, within, 2, TimeSpan.FromSeconds(125)),
        };
        var query = new byte[24 + written];
        Ipv4Writer.Write(
            query, new Ipv4Header(LabNetwork.Ip("198.18.0.9"), IgmpWriter.AllSystems, IpProtocol.Igmp, 1), written, Ipv4Writer.RouterAlert);
        message.AsSpan(0, written).CopyTo(query.AsSpan(24));
        return query;
    }

    /// <summary>What reports said of a group since the last time.</summary>
    private List<MulticastRecordType> Records(string group)
    {
        var found = new List<MulticastRecordType>();
        foreach (var packet in _network.Seen)
        {
            MulticastRecords records;
            if (Ipv4Packet.TryRead(packet, out var v4) && IgmpMessage.TryRead(v4.Payload, out var igmp))
            {
                records = igmp.Records;
            }
            else if (Ipv6Packet.TryRead(packet, out var v6) && MldMessage.TryRead(v6.Payload, out var mld))
            {
                records = mld.Records;
            }
            else
            {
                continue;
            }

            foreach (var record in records)
            {
                if (record.Group == LabNetwork.Ip(group))
                {
                    found.Add(record.Type);
                }
            }
        }

        _network.Seen.Clear();
        return found;
    }
}

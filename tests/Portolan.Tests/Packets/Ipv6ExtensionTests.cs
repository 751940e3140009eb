using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Support;

namespace Portolan.Tests.Packets;

/// <summary>Extension headers are read one by one after the packet's one check.</summary>
public sealed class Ipv6ExtensionTests
{
    [Fact]
    public void Random_chains_are_read_as_they_were_written() => Fuzz.Run(3000, static (random, _) =>
    {
        var packet = new byte[2000];
        var kinds = new List<IpProtocol>();
        for (var count = random.Next(8); count > 0; count--)
        {
            kinds.Add(random.Next(3) switch { 0 => IpProtocol.DestinationOptions, 1 => IpProtocol.Routing, _ => IpProtocol.Fragment });
        }

        if (random.Next(2) == 0)
        {
            kinds.Insert(0, IpProtocol.HopByHopOptions);
        }

        var at = 40;
        var places = new List<int>();
        for (var i = 0; i < kinds.Count; i++)
        {
            places.Add(at);
            var next = i + 1 < kinds.Count ? kinds[i + 1] : IpProtocol.Udp;
            at += kinds[i] switch
            {
                IpProtocol.Fragment => Ipv6ExtensionWriter.WriteFragment(packet.AsSpan(at), next, 0, moreFragments: false, 5),
                IpProtocol.Routing => Ipv6ExtensionWriter.WriteRouting(packet.AsSpan(at), next, 4, 1, new byte[4 + (8 * random.Next(3))]),
                _ => Ipv6ExtensionWriter.WriteOptions(packet.AsSpan(at), next, Options(random)),
            };
        }

        Ipv6Writer.Write(
            packet, InternetAddress.LoopbackIPv6, InternetAddress.LoopbackIPv6, kinds.Count > 0 ? kinds[0] : IpProtocol.Udp, at - 40 + 8);
        Assert.True(Ipv6Packet.TryRead(packet, out var view));
        Assert.Equal((IpProtocol.Udp, at, 8), (view.Protocol, view.HeaderLength, view.Payload.Length));
        Assert.Equal(kinds.Count == 0, view.Extensions.IsEmpty);
        var index = 0;
        foreach (var header in view.Extensions)
        {
            Assert.Equal((kinds[index], places[index]), (header.Kind, header.Offset));
            Assert.Equal(index + 1 < places.Count ? places[index + 1] : at, header.Offset + header.Bytes.Length);
            Assert.Equal(kinds[index] == IpProtocol.Routing, header.TryReadRouting(out var routing));
            Assert.Equal(
                kinds[index] is IpProtocol.HopByHopOptions or IpProtocol.DestinationOptions, header.TryReadOptions(out var options));
            Assert.True(kinds[index] != IpProtocol.Routing || (routing.RoutingType == 4 && routing.MustBeRefused));
            foreach (var option in options)
            {
                Assert.Equal((0x1e, Ipv6OptionAction.Skip, false), ((int)option.Type, option.Action, option.MayChange));
                Assert.Equal(0x1e, view.ExtensionHeaders[option.Offset - 40]);
                Assert.True(option.Data.IndexOfAnyExcept((byte)7) < 0);
            }

            index++;
        }

        Assert.Equal(kinds.Count, index);
    });

    [Theory]
    [InlineData(new byte[] { 17, 0, 5, 2, 0, 0, 1, 0 }, true)]
    [InlineData(new byte[] { 17, 0, 0, 0, 0, 0, 0, 0 }, true)]
    [InlineData(new byte[] { 17, 0, 0, 0, 0, 0, 0, 5 }, false)]
    [InlineData(new byte[] { 17, 0, 5, 5, 0, 0, 0, 0 }, false)]
    [InlineData(new byte[] { 17, 0, 1, 4, 0, 0, 0, 0 }, true)]
    public void Options_that_run_over_their_header_are_refused_as_a_whole(byte[] header, bool fits)
    {
        var packet = new byte[48];
        Ipv6Writer.Write(packet, InternetAddress.LoopbackIPv6, InternetAddress.LoopbackIPv6, IpProtocol.DestinationOptions, 8);
        header.CopyTo(packet, 40);
        Assert.True(Ipv6Packet.TryRead(packet, out var view));
        foreach (var extension in view.Extensions)
        {
            Assert.Equal(fits, extension.TryReadOptions(out _));
        }
    }

    [Theory]
    [InlineData(0x05, Ipv6OptionAction.Skip)]
    [InlineData(0x45, Ipv6OptionAction.Discard)]
    [InlineData(0x85, Ipv6OptionAction.DiscardAndReport)]
    [InlineData(0xe5, Ipv6OptionAction.DiscardAndReportUnlessMulticast)]
    public void The_type_of_an_unknown_option_says_what_to_do(byte type, Ipv6OptionAction action)
    {
        var packet = new byte[48];
        Ipv6Writer.Write(packet, InternetAddress.LoopbackIPv6, InternetAddress.LoopbackIPv6, IpProtocol.HopByHopOptions, 8);
        Ipv6ExtensionWriter.WriteOptions(packet.AsSpan(40), IpProtocol.NoNextHeader, [type, 0]);
        Assert.True(Ipv6Packet.TryRead(packet, out var view));
        var seen = 0;
        foreach (var extension in view.Extensions)
        {
            Assert.True(extension.TryReadOptions(out var options));
            foreach (var option in options)
            {
                Assert.Equal((action, 42, (type & 0x20) != 0), (option.Action, option.Offset, option.MayChange));
                seen++;
            }
        }

        Assert.Equal(1, seen);
    }

    [Fact]
    public void A_fragment_within_a_fragment_is_never_taken_for_a_transport_header()
    {
        var packet = new byte[40 + 8 + 8 + 16];
        Ipv6Writer.Write(packet, InternetAddress.LoopbackIPv6, InternetAddress.LoopbackIPv6, IpProtocol.Fragment, packet.Length - 40);
        Ipv6ExtensionWriter.WriteFragment(packet.AsSpan(40), IpProtocol.Fragment, 0, moreFragments: true, 1);
        Ipv6ExtensionWriter.WriteFragment(packet.AsSpan(48), IpProtocol.Tcp, 0, moreFragments: false, 2);
        Assert.True(Ipv6Packet.TryRead(packet, out var view));
        Assert.Equal(
            (IpProtocol.Fragment, 48, 1u, true), (view.Protocol, view.HeaderLength, view.FragmentIdentification, view.MoreFragments));
        Assert.Equal((IpProtocol.Fragment, 24, 40), (view.FragmentNextHeader, view.FragmentPayload.Length, view.UnfragmentablePart.Length));

        // An atomic one (RFC 6946) is whole, so what it carries is looked at.
        Ipv6ExtensionWriter.WriteFragment(packet.AsSpan(40), IpProtocol.Fragment, 0, moreFragments: false, 1);
        Assert.True(Ipv6Packet.TryRead(packet, out view));
        Assert.Equal((IpProtocol.Tcp, 56, 2u), (view.Protocol, view.HeaderLength, view.FragmentIdentification));
    }

    private static byte[] Options(Random random)
    {
        var bytes = new List<byte>();
        for (var count = random.Next(5); count > 0; count--)
        {
            switch (random.Next(3))
            {
                case 0:
                    bytes.Add(0);
                    break;
                case 1:
                    bytes.AddRange([1, 2, 0, 0]);
                    break;
                default:
                    var length = random.Next(20);
                    bytes.AddRange([0x1e, (byte)length, .. Enumerable.Repeat((byte)7, length)]);
                    break;
            }
        }

        return [.. bytes];
    }
}

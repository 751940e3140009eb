using System.Net;
using System.Text;
using Portolan.Lab.Scenarios.Cables;
using Portolan.Lab.Topology;
using Portolan.Packets;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Lab.Scenarios;

/// <summary>
/// Where ports are in what goes over a cable: the first four bytes of a segment or datagram, inside a packet, inside a frame.
/// </summary>
internal sealed class Encapsulation : IScenario
{
    private const int PcPort = 40_000;
    private const int EchoPort = 7;

    private static readonly CableEnd Pc = new("pc", new MacAddress(0x0200_0000_0001), "192.0.2.10/24");
    private static readonly CableEnd RouterLeft = new("router", new MacAddress(0x0200_0000_0002), "192.0.2.1/24");
    private static readonly CableEnd RouterRight = new("router", new MacAddress(0x0200_0000_0003), "198.51.100.1/24");
    private static readonly CableEnd Server = new("server", new MacAddress(0x0200_0000_0004), "198.51.100.20/24");
    private static readonly IPEndPoint Echo = new(IPAddress.Parse("198.51.100.20"), EchoPort);

    public string Name => "encapsulation";

    public string Summary => "where ports are on the cable: as bytes inside a segment or datagram, inside a packet, inside a frame";

    /// <summary>
    /// The networks that machines of a lab have besides, whose packets have no frames around them, give their addresses to the cables of
    /// the lesson: each address is there once, and the lesson has those of the lab's file.
    /// </summary>
    public LabTopology Prepare(LabTopology topology) => topology with
    {
        Networks = [.. topology.Networks.Select(
            static network =>
                network with { Ipv4 = network.Ipv4 is { } prefix ? AddressPrefix.Of(Aside(prefix.Address), prefix.Length) : null })],
        Routers = [.. topology.Routers.Select(
            static router => router with { Ports = [.. router.Ports.Select(static port => port with { Ipv4 = Aside(port.Ipv4) })] })],
        Hosts = [.. topology.Hosts.Select(
            static host =>
                host with { Addresses =
                    [.. host.Addresses.Select(static range => new AddressRange(Aside(range.First), Aside(range.Last)))] })],
        Vantage = topology.Vantage is { } vantage ? vantage with { Ipv4 = Aside(vantage.Ipv4) } : null,
    };

    public async Task PlayAsync(ScenarioStage stage)
    {
        var log = new CableLog();
        var frames = log.Frames;
        var (left, _) = EthernetCable.Lay(stage, Pc, RouterLeft, log);
        var (_, right) = EthernetCable.Lay(stage, RouterRight, Server, log);
        stage["pc"].AddRoute("198.51.100.0/24", left, "192.0.2.1");
        stage["server"].AddRoute("192.0.2.0/24", right, "198.51.100.1");
        await SendAsync(stage, frames);
        var sent = frames.Find(static f => f.From == "pc" && IsIPv4(f));
        var passedOn = frames.Find(static f => f.To == "server" && IsIPv4(f));
        if (sent is null || passedOn is null)
        {
            throw new PortolanException("no frame with the datagram went over the cables", $"look at the ladder above", ExitCode.Failed);
        }

        await LookIntoAsync(stage, sent);
        await CompareAsync(stage, sent, passedOn);
        frames.Clear();
        await ConnectAsync(stage, frames);
    }

    private static async Task SendAsync(ScenarioStage stage, List<CableFrame> frames)
    {
        await stage.StepAsync(
            $"Two Ethernet cables join pc, router and server. The PC sends the word hello from UDP port {PcPort} to port {EchoPort} of the "
                + $"server, which sends it back. "
            + "Before that, each sender asks by ARP for the Ethernet address of its neighbour. Each cable takes a frame 1 ms. So hello "
            + "takes 6 ms: question, answer and datagram on each cable. The way back takes 2, for the addresses are known.");
        using var socket = stage["pc"].BindUdp(new IPEndPoint(IPAddress.Any, PcPort));
        await socket.SendAsync("hello"u8.ToArray(), Echo);
        var buffer = new byte[64];
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(5), stage.Time);
        var received = await socket.ReceiveAsync(buffer, late.Token);
        stage.Show("frames on the cables", FrameTable.Lines(frames));
        stage.ExpectEqual("hello", Encoding.ASCII.GetString(buffer, 0, received.Length), "what comes back");
        stage.ExpectEqual(4, frames.Count(static f => !IsIPv4(f)), "the number of frames with ARP, which has no ports,");
        stage.ExpectEqual(4, frames.Count(static f => IsIPv4(f)), "the number of frames with the datagram: two there, two back,");
        var (shortest, longest) = (frames.Min(static f => f.Bytes.Length), frames.Max(static f => f.Bytes.Length));
        stage.Remark(
            $"These are the frames as a capture on the sender shows them. On the cable none is shorter than {FrameLayout.OnWire(0)} bytes: "
                + $"the network card fills these of {shortest} to {longest} bytes "
            + $"with zeros, {FrameLayout.PaddingOf(shortest)} to {FrameLayout.PaddingOf(longest)} of them (padding), and puts "
            + $"{FrameLayout.ChecksumLength} bytes of checksum behind (FCS). The IPv4 header says how long the packet is, so that padding "
            + $"is not taken for data.");
        var arp = frames.First(static f => !IsIPv4(f)).Bytes;
        stage.Expect(
            EthernetFrame.TryRead(arp, out var first) && first.Destination == MacAddress.Broadcast,
            "the first question goes to everybody on its cable");
    }

    private static async Task LookIntoAsync(ScenarioStage stage, CableFrame sent)
    {
        var bytes = sent.Bytes;
        var layout = new FrameLayout(bytes);
        var at = layout.PortsAt;
        await stage.StepAsync(
            $"The frame that the PC sent, byte by byte. The ports are the first four bytes of the datagram: bytes {at} to {at + 3} of this "
                + $"frame, each port two bytes, the larger half first.");
        stage.Show("what lies in what", FrameFields.Boxes(bytes));
        stage.Show("the fields", FrameFields.Lines(bytes));
        stage.ExpectEqual(PcPort, (bytes[at] * 256) + bytes[at + 1], $"byte {at} times 256 plus byte {at + 1}, the source port,");
        stage.ExpectEqual(
            EchoPort, (bytes[at + 2] * 256) + bytes[at + 3], $"byte {at + 2} times 256 plus byte {at + 3}, the destination port,");
        stage.ExpectEqual(
            FrameLayout.EthernetLength + At(bytes, FrameLayout.EthernetLength + 2),
            bytes.Length,
            $"the length of the frame, {FrameLayout.EthernetLength} + {layout.IpLength} + {layout.TransportLength} + {layout.DataLength},");
        stage.Expect(
            Ipv4Packet.TryRead(bytes.AsSpan(FrameLayout.EthernetLength), out var packet) && packet.HasValidChecksum
                && packet.Protocol == IpProtocol.Udp, "the IPv4 header says UDP, and its checksum is right");
        stage.Expect(
            UdpDatagram.TryRead(packet.Payload, out var datagram) && datagram.Checksum != 0
                && datagram.HasValidChecksum(packet.Source, packet.Destination),
            "the UDP checksum is right; it covers ports and addresses (the pseudo header)");
    }

    private static async Task CompareAsync(ScenarioStage stage, CableFrame sent, CableFrame passedOn)
    {
        await stage.StepAsync("The router takes the packet out of its frame and puts it into a new one. Of the packet it changes the TTL "
            + "and with it the header checksum. The ports stay as they are.");
        var (before, after) = (sent.Bytes, passedOn.Bytes);
        var at = new FrameLayout(before).PortsAt;
        stage.Show("before and after the router", TextColumns.Lines(
            ["", "on the first cable", "on the second cable"],
            [
                ["Ethernet source", Station(before, 6), Station(after, 6)],
                ["Ethernet destination", Station(before, 0), Station(after, 0)],
                ["TTL", $"{before[22]}", $"{after[22]}"],
                ["IPv4 header checksum", $"{At(before, 24):x4}", $"{At(after, 24):x4}"],
                ["source port", $"{At(before, at)}", $"{At(after, at)}"],
                ["destination port", $"{At(before, at + 2)}", $"{At(after, at + 2)}"],
                ["UDP checksum", $"{At(before, at + 6):x4}", $"{At(after, at + 6):x4}"],
            ]));
        stage.Expect(
            EthernetFrame.TryRead(before, out var first) && EthernetFrame.TryRead(after, out var second)
            && first.Source == Pc.Station && first.Destination == RouterLeft.Station && second.Source == RouterRight.Station
            && second.Destination == Server.Station,
            "the first frame goes from pc to router, the second from router to server");
        stage.ExpectEqual(before[22] - 1, after[22], "the TTL behind the router");
        stage.Expect(At(before, 24) != At(after, 24), "the checksum of the IPv4 header is another one");
        stage.Expect(
            before.AsSpan(26).SequenceEqual(after.AsSpan(26)), "all else of the packet is the same: addresses, ports, UDP checksum, data");
    }

    private static async Task ConnectAsync(ScenarioStage stage, List<CableFrame> frames)
    {
        await stage.StepAsync($"The PC connects to TCP port {EchoPort} from the same port {PcPort}. The first segment is larger than the "
            + $"datagram, and its ports are in the same place.");
        await using var stream = await stage["pc"].ConnectTcpAsync(Echo, new IPEndPoint(IPAddress.Any, PcPort));
        await stage.WaitAsync(TimeSpan.FromMilliseconds(50));
        var bytes = frames.First(static f => f.From == "pc" && IsIPv4(f)).Bytes;
        stage.Show("what lies in what", FrameFields.Boxes(bytes));
        var layout = new FrameLayout(bytes);
        var at = layout.PortsAt;
        stage.Show("the fields of the segment", FrameFields.Lines(bytes, offset => offset >= at));
        stage.ExpectEqual(PcPort, At(bytes, at), $"the number in bytes {at} and {at + 1}");
        stage.ExpectEqual(EchoPort, At(bytes, at + 2), $"the number in bytes {at + 2} and {at + 3}");
        stage.Expect(
            Ipv4Packet.TryRead(bytes.AsSpan(FrameLayout.EthernetLength), out var packet) && packet.Protocol == IpProtocol.Tcp,
            "the IPv4 header says TCP: that is why these ports are not those of UDP");
        stage.Expect(
            TcpSegment.TryRead(packet.Payload, out var segment) && segment.Flags.HasFlag(TcpFlags.Syn)
                && segment.HasValidChecksum(packet.Source, packet.Destination),
            "it is a SYN, and its checksum is right");
        stage.Expect(
            layout.OptionsLength > 0 && segment.Payload.IsEmpty, $"the SYN has {layout.OptionsLength} bytes of options and no data");
    }

    /// <summary>The same address in 10.0.0.0/8, which the lesson does not use.</summary>
    private static InternetAddress Aside(InternetAddress address) =>
        address.IsIPv4 ? InternetAddress.FromIPv4((address.IPv4Bits & 0x00ff_ffff) | 0x0a00_0000) : address;

    private static InternetAddress? Aside(InternetAddress? address) => address is { } given ? Aside(given) : null;

    private static bool IsIPv4(CableFrame sent) => EthernetFrame.TryRead(sent.Bytes, out var frame) && frame.Type == EtherType.Ipv4;

    private static string Station(byte[] bytes, int at) => $"{MacAddress.FromBytes(bytes.AsSpan(at))}";

    private static int At(byte[] bytes, int at) => ReadUInt16BigEndian(bytes.AsSpan(at));
}

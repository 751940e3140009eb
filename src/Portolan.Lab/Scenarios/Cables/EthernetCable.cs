using Portolan.Lab.Running.Wire;
using Portolan.Packets;
using Portolan.Transport;
using Portolan.Transport.Ip;
using Portolan.Transport.Links;

namespace Portolan.Lab.Scenarios.Cables;

/// <summary>An end of a cable: a network card of a machine.</summary>
/// <param name="Machine">The host or router.</param>
/// <param name="Station">Its Ethernet address.</param>
/// <param name="Address">Its IPv4 address with the length of its network, such as <c>192.0.2.1/24</c>.</param>
internal sealed record CableEnd(string Machine, MacAddress Station, string Address);

/// <summary>A frame that went over a cable.</summary>
/// <param name="From">The machine that sent it.</param>
/// <param name="To">The machine at the other end.</param>
/// <param name="Bytes">All of it, from the Ethernet header on.</param>
internal sealed record CableFrame(string From, string To, byte[] Bytes);

/// <summary>What went over the cables of a scenario.</summary>
internal sealed class CableLog
{
    /// <summary>The frames in the order in which they were sent.</summary>
    internal List<CableFrame> Frames { get; } = [];

    /// <summary>Whose the addresses at the ends are.</summary>
    internal Dictionary<InternetAddress, string> Machines { get; } = [];
}

/// <summary>
/// An Ethernet cable between two machines of a lab. The lab's own networks carry packets without frames around them; here are the frames,
/// with ARP, as the two stacks send them.
/// </summary>
/// <remarks>The lab's thread. The cable belongs to the stacks, and goes with them.</remarks>
internal sealed class EthernetCable
{
    private static readonly FaultProfile Quality = new() { Delay = TimeSpan.FromMilliseconds(1) };

    private readonly ScenarioStage _stage;
    private readonly CableLog _log;

    private readonly string _name;
    private readonly int _number;

    private EthernetCable(ScenarioStage stage, CableLog log, string name) =>
        (_stage, _log, _name, _number) = (stage, log, name, stage.Network.Log.AddCable(name));

    /// <summary>Lays a cable.</summary>
    /// <param name="stage">Where; it hears the packets in the frames.</param>
    /// <param name="left">One end.</param>
    /// <param name="right">The other.</param>
    /// <param name="log">Frames are written down here.</param>
    /// <returns>The interfaces of both machines.</returns>
    internal static (IpInterface Left, IpInterface Right) Lay(ScenarioStage stage, CableEnd left, CableEnd right, CableLog log)
    {
        var cable = new EthernetCable(stage, log, $"{left.Machine}-{right.Machine}");
        var wire = new MemoryWire(left.Station, right.Station, new MemoryLinkOptions { Time = stage.Time });
        return (cable.Plug(wire.Left, left, right), cable.Plug(wire.Right, right, left));
    }

    private IpInterface Plug(MemoryLink link, CableEnd own, CableEnd other)
    {
        var stack = _stage[own.Machine];

        _log.Machines.Add(AddressOf(own), own.Machine);

        // Work wakes the stack, and then it looks for frames too.
        link.Arrived = () => stack.Post(static _ => { });
        var slow = new FaultLink(link, Quality, seed: 1, _stage.Time) { Observer = (frame, in report) => Write(own, other, frame, report) };
        return stack.Attach(
            slow, new IpInterfaceOptions { Name = $"cable to {other.Machine}", LinkLocal = LinkLocalChoice.None }, own.Address);
    }

    private void Write(CableEnd from, CableEnd to, ReadOnlySpan<byte> bytes, in FaultReport report)
    {
        _log.Frames.Add(new CableFrame(from.Machine, to.Machine, bytes.ToArray()));
        var isPacket =
            EthernetFrame.TryRead(bytes, out var frame) & Ipv4Packet.TryRead(frame.Payload, out var packet) & frame.Type == EtherType.Ipv4;
        _stage.Network.Log.WriteFrame(
            _number, _name, bytes, from.Machine, to.Machine, isOfSender: !isPacket || AddressOf(from) == packet.Source);
        if (isPacket)
        {
            var fate = AddressOf(to) == packet.Destination ? WireOutcome.Taken : WireOutcome.PassedOn;
            var sender = _log.Machines.GetValueOrDefault(packet.Source, from.Machine);
            _stage.Hear(new PacketEvent(report.DueAt, _name, sender, to.Machine, fate, null), frame.Payload);
        }
    }

    private static InternetAddress AddressOf(CableEnd end) => StackAddresses.ParsePrefix(end.Address).Address;
}

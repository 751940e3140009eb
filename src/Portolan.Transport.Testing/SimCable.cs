using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport.Ip;
using Portolan.Transport.Links;

namespace Portolan.Transport.Testing;

/// <summary>A cable between two hosts, with faults of its own in each direction.</summary>
public sealed class SimCable : SimPart, IDisposable
{
    private readonly FaultLink _leftLink;
    private readonly FaultLink _rightLink;
    private bool _isDisposed;
    private readonly int[] _captures = [0, 0];

    internal SimCable(SimWorld world, int number, SimHost left, SimHost right, LinkLayer layer, int mtu)
        : base(world)
    {
        (Left, Right, Number) = (left, right, number);
        var options = new MemoryLinkOptions
        {
            Layer = layer,
            MaxFrameLength = mtu + (layer == LinkLayer.Ethernet ? EthernetWriter.Length : 0),
            Time = world.Clock,
            HoldsBack = false,
            Capacity = 1 << 16,
        };
        var wire = new MemoryWire(StationOf(number, 1), StationOf(number, 2), options);
        _leftLink = new FaultLink(
            wire.Left, FaultProfile.None, world.Random.Next(), world.Clock,
            world.Keying)
        { Observer = (f, in r) => world.OnFrame(this, fromLeft: true, f, r) };
        _rightLink = new FaultLink(
            wire.Right, FaultProfile.None, world.Random.Next(), world.Clock,
            world.Keying)
        { Observer = (f, in r) => world.OnFrame(this, fromLeft: false, f, r) };
        wire.Left.Arrived = () => world.Wake(left);
        wire.Right.Arrived = () => world.Wake(right);
        LeftInterface = left.Attach(this, new UntimedLink(_leftLink, f => world.OnArrival(left, LeftInterface!, f)), mtu);
        RightInterface = right.Attach(this, new UntimedLink(_rightLink, f => world.OnArrival(right, RightInterface!, f)), mtu);
        _captures = [
            world.AddCaptureInterface($"{left.Name}>{right.Name}", layer), world.AddCaptureInterface($"{right.Name}>{left.Name}", layer)];
    }

    /// <summary>One host.</summary>
    public SimHost Left { get; }

    /// <summary>The other host.</summary>
    public SimHost Right { get; }

    /// <summary>The left host's interface.</summary>
    public IpInterface LeftInterface { get; }

    /// <summary>The right host's interface.</summary>
    public IpInterface RightInterface { get; }

    /// <summary>What happens to frames from left to right.</summary>
    public FaultProfile FromLeft
    {
        get => _leftLink.Profile;
        set => _leftLink.Profile = value;
    }

    /// <summary>What happens to frames from right to left.</summary>
    public FaultProfile FromRight
    {
        get => _rightLink.Profile;
        set => _rightLink.Profile = value;
    }

    /// <summary>Frames under way.</summary>
    public int UnderWay => _leftLink.UnderWay + _rightLink.UnderWay;

    internal int Number { get; }

    internal override Instant NextDeadline => Instant.Earlier(_leftLink.NextDeadline, _rightLink.NextDeadline);

    /// <summary>Sets what happens in both directions.</summary>
    /// <example><code>cable.SetFaults(new FaultProfile { Loss = 0.05, Delay = TimeSpan.FromMilliseconds(10) });</code></example>
    public void SetFaults(FaultProfile profile)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        (FromLeft, FromRight) = (profile, profile);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        _leftLink.Dispose();
        _rightLink.Dispose();
    }

    internal int CaptureOf(bool fromLeft) => _captures[fromLeft ? 0 : 1];

    internal override void Run(Instant now)
    {
        _leftLink.OnTimer(now);
        _rightLink.OnTimer(now);
    }

    private static MacAddress StationOf(int cable, int end) => new(0x0200_0000_0000 | ((ulong)(uint)cable << 8) | (uint)end);
}

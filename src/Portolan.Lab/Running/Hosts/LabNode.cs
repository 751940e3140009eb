using Portolan.Lab.Running.Time;
using Portolan.Lab.Running.Wire;
using Portolan.Lab.Topology;
using Portolan.Packets.Links;
using Portolan.Transport;
using Portolan.Transport.Ip;

namespace Portolan.Lab.Running.Hosts;

/// <summary>A machine of the lab, host or router: a stack that the lab's loop drives, with an end in each of its segments.</summary>
internal abstract class LabNode : LabPart, IStackDriver, IDisposable
{
    /// <summary>Bytes by which the packet memory of a host grows: most hosts of a lab speak little.</summary>
    private const int SlabLength = 16 << 10;

    /// <summary>Packet memory that a host keeps for the next packet.</summary>
    private const int MostUnused = 8 * SlabLength;

    private readonly LabEnvironment _lab;
    private readonly ulong _seed;
    private SegmentMember[] _members = [];
    private NetworkStack? _stack;
    private bool _hasArrivals;

    protected LabNode(LabEnvironment lab, string name) => (_lab, Name, _seed) = (lab, name, lab.Random.Next());

    internal string Name { get; }

    /// <summary>Its stack; made when it is first wanted, so that unasked hosts cost nothing.</summary>
    internal NetworkStack Stack => _stack ??= MakeStack();

    /// <summary>Whether it has its stack.</summary>
    internal bool IsAwake => _stack is not null;

    internal override Instant NextDeadline => _hasArrivals || HasFrames ? _lab.Clock.Now : _stack?.NextDeadline ?? Instant.Never;

    protected LabEnvironment Lab => _lab;

    private bool HasFrames => Array.Exists(_members, static m => m.HasFrames);

    /// <summary>Gives the node an end in a segment.</summary>
    internal SegmentMember Join(Segment segment, IReadOnlySet<InternetAddress>? routerAddresses = null)
    {
        var member = new SegmentMember(segment, Name, _lab.Loop)
        {
            Owner = this,
            IsRouter = routerAddresses is not null,
            Addresses = routerAddresses,
            Fragments = _lab.Fragments,
        };
        _members = [.. _members, member];
        segment.Add(member);
        return member;
    }

    /// <inheritdoc/>
    internal override void Run(Instant now)
    {
        _hasArrivals = Stack.Step(now) > 0;
        var pool = Stack.Layers.Pool;
        if (pool.InUse == 0 && pool.MemoryUsed > MostUnused)
        {
            // It was busy and is idle: what it needed is others' now.
            pool.Trim();
        }
    }

    /// <inheritdoc/>
    internal override void Release() => _stack?.Release();

    /// <inheritdoc/>
    public void Dispose() => _stack?.Dispose();

    /// <summary>How its stack is to be; what all stacks of the lab have in common is set besides.</summary>
    protected abstract NetworkStackOptions MakeOptions();

    /// <summary>The stack is there: gives it addresses, routes and listeners.</summary>
    protected abstract void Furnish(NetworkStack stack);

    /// <summary>Makes an interface of an end, with the quality of its segment.</summary>
    protected IpInterface Attach(NetworkStack stack, SegmentMember member, LinkQuality quality)
    {
        IPacketLink link = _lab.Wrap(member, quality);
        var at = stack.Attach(link, new IpInterfaceOptions
        {
            Name = member.Segment.Name,
            Layer = LinkLayer.Ip,
            Mtu = quality.Mtu,
            LinkLocal = LinkLocalChoice.None,
        });
        member.Refuse = new Refusals(stack.Layers.Ip, at, link.OpenSender(), member.IsRouter).Answer;
        return at;
    }

    bool IStackDriver.IsOwner => _lab.Loop.IsOwner;

    SynchronizationContext? IStackDriver.BareContext => _lab.Loop.BareContext;

    void IStackDriver.Wake() => _lab.Loop.Knock(this);

    private NetworkStack MakeStack()
    {
        var options = MakeOptions() with { Name = Name, Time = _lab.Clock, Resolver = _lab.Resolver, SlabLength = SlabLength };
        var stack = NetworkStack.CreateDriven(StackLayers.Create(options, _seed), options, this);
        stack.HoldsWork = _lab.Clock.IsVirtual;
        _stack = stack;
        Furnish(stack);
        return stack;
    }
}

using System.Diagnostics.CodeAnalysis;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport.Buffers;
using Portolan.Transport.Reassembly;
using Portolan.Transport.Timing;

namespace Portolan.Transport.Ip;

/// <summary>
/// The IP layer of one host: interfaces, addresses, routes, neighbours, fragments, ICMP, path MTUs, forwarding. Frames arrive at
/// <see cref="OnFrame"/> and leave by the senders of its interfaces; protocols above are <see cref="Register"/>ed and send through
/// <see cref="IIpOutput"/>. It reads no clock: whoever drives it calls <see cref="OnTimer"/> when <see cref="NextDeadline"/> is reached,
/// and <see cref="Flush"/> after each round.
/// </summary>
/// <remarks>One thread at a time.</remarks>
internal sealed partial class IpHost : IIpOutput
{
    private static readonly TimeSpan RetryTime = TimeSpan.FromMilliseconds(1);

    private readonly ITransportProtocol?[] _protocols = new ITransportProtocol?[256];

    // Arrays: each turn walks along them several times.
    private ITransportProtocol[] _registered = [];
    private IpInterface[] _interfaces = [];
    private readonly FragmentReassembler _reassembler;
    private readonly PathCache _paths;
    private readonly SipHash _flowLabels;
    private readonly SipHash _identifierSecret;
    private byte[] _whole = [];
    private Instant _retryAt = Instant.Never;
    private bool _mustRetry;

    /// <summary>Makes a host with a loopback interface, number 1, that has 127.0.0.0/8 and ::1.</summary>
    /// <param name="options">How it behaves.</param>
    /// <param name="pool">The packet memory of its thread.</param>
    public IpHost(IpHostOptions options, PacketPool pool)
    {
        (Options, Pool) = (options, pool);
        Random = new KeyedRandom(options.Seed);
        PathMtus = new PathMtuTable(DrawHash(), options.PathMtuAge, options.MaxPathMtus, options.LeastPathMtu);
        Identifiers = new FragmentIdentifiers(DrawHash());
        IcmpErrors = new IcmpErrors(this, DrawHash());
        _reassembler = new FragmentReassembler(pool, DrawHash(), options.Reassembly);
        _paths = new PathCache(this, DrawHash());
        (_flowLabels, _identifierSecret) = (DrawHash(), DrawHash());
        (Router, Transmitter, Fragmenter) = (new Router(this), new Transmitter(this), new Fragmenter(this));
        (LinkInput, Ipv4Input, Ipv6Input) = (new LinkInput(this), new Ipv4Input(this), new Ipv6Input(this));
        (IcmpInput, Forwarder, LoopbackQueue) = (new IcmpInput(this), new Forwarder(this), new LoopbackQueue(this));
        (Arp, Discovery, GroupQueries) = (new Arp(this), new NeighbourDiscovery(this), new GroupQueries(this));
        Loopback = AddLoopback();
    }

    /// <summary>How it behaves.</summary>
    public IpHostOptions Options { get; }

    /// <summary>Its interfaces; the first is the loopback.</summary>
    public IReadOnlyList<IpInterface> Interfaces => _interfaces;

    /// <summary>The loopback interface.</summary>
    public IpInterface Loopback { get; }

    /// <summary>What it did.</summary>
    public IpCounters Counters { get; } = new();

    /// <summary>The time of the last call.</summary>
    public Instant Now { get; private set; }

    /// <summary>
    /// When <see cref="OnTimer"/> is wanted next; <see cref="Instant.Never"/> when not at all. Now, when packets to this host itself wait.
    /// </summary>
    public Instant NextDeadline
    {
        get
        {
            if (!LoopbackQueue.IsEmpty)
            {
                return Now;
            }

            var next = Instant.Earlier(Timers.Next, _retryAt);
            if (_reassembler.NextDeadline is { } deadline)
            {
                next = Instant.Earlier(next, new Instant(deadline.Ticks * TimeSpan.NanosecondsPerTick));
            }

            foreach (var protocol in _registered)
            {
                next = Instant.Earlier(next, protocol.NextDeadline);
            }

            return next;
        }
    }

    internal PacketPool Pool { get; }

    internal KeyedRandom Random { get; }

    internal TimerHeap Timers { get; } = new();

    internal PathWays Ways { get; } = new();

    internal Router Router { get; }

    internal PathMtuTable PathMtus { get; }

    internal Transmitter Transmitter { get; }

    internal LoopbackQueue LoopbackQueue { get; }

    internal Fragmenter Fragmenter { get; }

    internal FragmentIdentifiers Identifiers { get; }

    internal LinkInput LinkInput { get; }

    internal Ipv4Input Ipv4Input { get; }

    internal Ipv6Input Ipv6Input { get; }

    internal IcmpInput IcmpInput { get; }

    internal IcmpErrors IcmpErrors { get; }

    internal Forwarder Forwarder { get; }

    internal Arp Arp { get; }

    internal NeighbourDiscovery Discovery { get; }

    internal GroupQueries GroupQueries { get; }

    /// <summary>Counts up with each change of routes, addresses or interfaces.</summary>
    internal int Generation { get; private set; }

    /// <summary>Whether the frame that is being taken went to a group or to all.</summary>
    internal bool IsFrameForMany { get; set; }

    /// <summary>Set when a protocol was refused room: it is called when there may be room again.</summary>
    internal bool MustRetry
    {
        get => _mustRetry;
        set
        {
            _mustRetry = value;
            _retryAt = value ? Instant.Earlier(_retryAt, Now + RetryTime) : Instant.Never;
        }
    }

    /// <summary>
    /// Reports the time; also before an application calls a protocol outside of <see cref="OnFrame"/> and <see cref="OnTimer"/>. An earlier
    /// time changes nothing.
    /// </summary>
    public void AdvanceTo(Instant now) => Now = now > Now ? now : Now;

    /// <summary>Takes a frame.</summary>
    /// <param name="interfaceNumber">Where it came in.</param>
    /// <param name="frame">From the link's header on; valid during the call only.</param>
    /// <param name="now">The time.</param>
    /// <param name="isChecksumKnown">Whether the link vouches for this packet's transport checksum.</param>
    public void OnFrame(int interfaceNumber, ReadOnlySpan<byte> frame, Instant now, bool isChecksumKnown = false)
    {
        AdvanceTo(now);
        Counters.Received++;
        if (InterfaceOf(interfaceNumber) is { IsUp: true, IsLoopback: false } at)
        {
            LinkInput.OnFrame(at, frame, isChecksumKnown, Now);
        }
    }

    /// <inheritdoc/>
    public bool IsTaking { get; private set; }

    /// <summary>Frames that came together begin: answers to all of them wait for <see cref="EndTaking"/>.</summary>
    internal void BeginBatch() => IsTaking = true;

    /// <summary>Frames that came together have all been taken.</summary>
    internal void EndTaking()
    {
        IsTaking = false;
        foreach (var protocol in _registered)
        {
            protocol.OnTaken(Now);
        }
    }

    /// <summary>Does what is due.</summary>
    public void OnTimer(Instant now)
    {
        AdvanceTo(now);
        LoopbackQueue.Run(Now);
        Timers.Run(Now);
        ExpireFragments();
        var retries = _retryAt <= Now;
        if (retries)
        {
            MustRetry = false;
        }

        foreach (var protocol in _registered)
        {
            if (retries || protocol.NextDeadline <= Now)
            {
                protocol.OnTimer(Now);
            }
        }
    }

    /// <summary>A link that took no frame takes some again.</summary>
    public void OnLinkReady(Instant now)
    {
        AdvanceTo(now);
        _retryAt = _mustRetry ? Now : _retryAt;
    }

    /// <summary>Hands what was sent to the links. Call it when nothing more is to be sent for the moment.</summary>
    public void Flush()
    {
        foreach (var at in _interfaces)
        {
            at.Flush();
        }
    }

    /// <inheritdoc/>
    public bool TryFindPath(InternetAddress source, InternetAddress destination, int interfaceNumber, [NotNullWhen(true)] out IpPath? path)
    {
        path = null;
        if (!TryFindAsked(interfaceNumber, out var asked) || !_paths.TryFind(source, destination, asked, out var found))
        {
            return false;
        }

        path = found;
        return true;
    }

    /// <inheritdoc/>
    public bool TryBorrowPath(
        InternetAddress source, InternetAddress destination, int interfaceNumber, [NotNullWhen(true)] out IpPath? path)
    {
        path = null;
        if (!TryFindAsked(interfaceNumber, out var asked) || !_paths.TryBorrow(source, destination, asked, out var found))
        {
            return false;
        }

        path = found;
        return true;
    }

    /// <inheritdoc/>
    public Span<byte> Reserve(IpPath path, int length) => Transmitter.Reserve((RoutedPath)path, length);

    /// <inheritdoc/>
    public void Send(in IpDeparture packet) => Transmitter.Send(packet);

    /// <inheritdoc/>
    public void Confirm(IpPath path, Instant now)
    {
        var routed = (RoutedPath)path;
        if (routed is { IsLoopback: false, Interface: { Layer: LinkLayer.Ethernet, IsLoopback: false }, Delivery: IpDelivery.Host })
        {
            AdvanceTo(now);
            routed.FindNeighbour().Confirm(Now);
        }
    }

    /// <summary>
    /// Joins a group on an interface; every join needs its own <see cref="Leave"/>. IGMPv3 or MLDv2 notifies the routers.
    /// </summary>
    /// <param name="interfaceNumber">The interface, or 0 for the one that packets to the group would leave by.</param>
    /// <param name="group">The group.</param>
    /// <param name="joined">The number of the interface that it was joined on.</param>
    /// <returns>False for an address that is not a group, and where there is no such interface.</returns>
    public bool TryJoin(int interfaceNumber, InternetAddress group, out int joined)
    {
        joined = 0;
        if (!Router.IsMulticast(group) || !TryFindAsked(interfaceNumber, out var asked))
        {
            return false;
        }

        var any = group.IsIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6;
        if ((asked ?? Router.Find(any, group, null).Interface) is not { } at)
        {
            return false;
        }

        at.Groups.Join(group);
        joined = at.Number;
        return true;
    }

    /// <summary>Leaves a group.</summary>
    public void Leave(int interfaceNumber, InternetAddress group) => InterfaceOf(interfaceNumber)?.Groups.Leave(group);

    internal IpInterface? InterfaceOf(int number) => number > 0 && number <= _interfaces.Length ? _interfaces[number - 1] : null;

    internal ITransportProtocol? ProtocolOf(IpProtocol protocol) => _protocols[(byte)protocol];

    internal uint FlowLabelOf(InternetAddress source, InternetAddress destination) =>
        (uint)_flowLabels.QuickOf([source.UpperBits, source.LowerBits, destination.UpperBits, destination.LowerBits]) & 0xfffff;

    /// <summary>A packet of this host to itself.</summary>
    internal void OnLocalPacket(IpInterface at, ReadOnlySpan<byte> packet, Instant now)
    {
        IsFrameForMany = false;
        if (packet[0] >> 4 == 4)
        {
            Ipv4Input.OnPacket(at, packet, isChecksumKnown: true, isLocal: true, now);
        }
        else
        {
            Ipv6Input.OnPacket(at, packet, isChecksumKnown: true, isLocal: true, now);
        }
    }

    /// <summary>Bytes that fragments take which wait for the others of their packets.</summary>
    internal long ReassemblyMemory => _reassembler.MemoryUsed;

    internal ReassemblyResult Reassemble(ReadOnlySpan<byte> packet, IpInterface at, Instant now, out ReadOnlySpan<byte> whole)
    {
        _whole = _whole.Length == 0 ? new byte[FragmentReassembler.MaxLength] : _whole;
        var evicted = _reassembler.Evicted;
        var result = _reassembler.Accept(TimeSpan.FromTicks(now.Nanoseconds / TimeSpan.NanosecondsPerTick), packet, at.Number, _whole);
        whole = _whole.AsSpan(0, result.Length);
        for (; evicted < _reassembler.Evicted; evicted++)
        {
            Counters.Drop(IpDrop.FragmentsEvicted);
        }

        return result;
    }

    /// <summary>Notifies the sender of a packet what a protocol made of it.</summary>
    internal void Answer(IpAnswer answer, ReadOnlySpan<byte> packet, IpInterface at, int nextHeaderField = 0)
    {
        if (answer == IpAnswer.None)
        {
            return;
        }

        if (answer == IpAnswer.ProtocolUnreachable)
        {
            Counters.Drop(IpDrop.UnknownProtocol);
        }

        var error = answer switch
        {
            IpAnswer.PortUnreachable => IcmpError.PortUnreachable,
            IpAnswer.HostUnreachable => IcmpError.HostUnreachable,
            IpAnswer.NetworkUnreachable => IcmpError.NetworkUnreachable,
            IpAnswer.ProtocolUnreachable => IcmpError.ProtocolUnreachable(nextHeaderField),
            _ => IcmpError.Prohibited,
        };
        IcmpErrors.Send(packet, error, at);
    }

    private void ExpireFragments()
    {
        Span<byte> quote = stackalloc byte[PathMtuTable.LeastIPv6];
        var now = TimeSpan.FromTicks(Now.Nanoseconds / TimeSpan.NanosecondsPerTick);
        while (_reassembler.TryExpire(now, quote, out var timeout))
        {
            Counters.Drop(IpDrop.Fragment);
            if (timeout.MustReport)
            {
                IcmpErrors.Send(quote[..timeout.QuoteLength], IcmpError.ReassemblyTimeExceeded, arrival: null);
            }
        }
    }

    private bool TryFindAsked(int number, out IpInterface? asked)
    {
        asked = InterfaceOf(number);
        return number == 0 || asked is not null;
    }

    private SipHash DrawHash() => new(Random.Next(), Random.Next());
}

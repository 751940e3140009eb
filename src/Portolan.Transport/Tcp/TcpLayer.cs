using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Buffers;
using Portolan.Transport.Demultiplexing;
using Portolan.Transport.Ip;
using Portolan.Transport.Ports;
using Portolan.Transport.Tcp.Buffers;
using Portolan.Transport.Tcp.Core;
using Portolan.Transport.Tcp.FastOpen;
using Portolan.Transport.Tcp.Tables;

namespace Portolan.Transport.Tcp;

/// <summary>
/// TCP of a host: whose a segment is, listeners, half-open connections, TIME-WAIT, answers of closed ports, ICMP errors, timers. What one
/// connection does is in <see cref="TcpCore"/>.
/// </summary>
/// <remarks>
/// One thread at a time. No I/O, clock or randomness of its own. A segment that changes no connection allocates nothing; one of a
/// connection allocates nothing once its buffers have grown.
/// </remarks>
internal sealed partial class TcpLayer : ITransportProtocol
{
    private readonly Demultiplexer<TcpCore, ListenerGroup> _flows;
    private readonly PortTable _ports;
    private readonly TcpLayerOptions _options;
    private readonly IIpOutput _output;
    private readonly TcpMemory _memory;
    private readonly SipHash _groupHash;

    /// <summary>Makes a layer without connections.</summary>
    /// <param name="output">How it sends.</param>
    /// <param name="pool">Where its buffers come from; shared with IP.</param>
    /// <param name="ports">Who has which port; shared with other protocols.</param>
    /// <param name="options">How it is made.</param>
    public TcpLayer(IIpOutput output, PacketPool pool, PortTable ports, TcpLayerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(ports);
        _options = options ?? new TcpLayerOptions();
        _output = output;
        _ports = ports;
        _memory = new TcpMemory(pool, _options.MemoryLimit);
        Environment = new TcpEnvironment(output, _options.Profile, _memory) { MaxFastOpenServers = _options.MaxFastOpenServers };
        var random = new KeyedRandom(_options.Seed);
        _flows = new Demultiplexer<TcpCore, ListenerGroup>(Key(random), maxFlows: _options.MaxConnections);
        _groupHash = Key(random);
        _sequenceHash = Key(random);
        _timestampHash = Key(random);
        _halfOpen = new PairTable<HalfOpenConnection>(Key(random), MaxTries, _options.MaxHalfOpen);
        _resting = new PairTable<RestingConnection>(Key(random), 1, _options.MaxTimeWait);
        _cookies = new SynCookies(Key(random));
        Environment.ChallengeHash = Key(random);
        _fastOpenCookies = new FastOpenCookies(Key(random), _options.FastOpenStep);
        _ports.Keeper = this;
    }

    /// <summary>How its TCP behaves.</summary>
    public TcpProfile Profile => Environment.Profile;

    /// <summary>What was sent, received and dropped.</summary>
    public TcpCounters Counters => Environment.Counters;

    /// <summary>Connections, without half-open ones and those in TIME-WAIT.</summary>
    public int ConnectionCount => _flows.FlowCount;

    /// <summary>Half-open connections.</summary>
    public int HalfOpenCount => _halfOpen.Count;

    /// <summary>Pairs in TIME-WAIT.</summary>
    public int TimeWaitCount => _resting.Count;

    /// <summary>Listeners' scopes.</summary>
    public int ListenerCount => _flows.Listeners.Count;

    /// <summary>Bytes of the buffers of all connections.</summary>
    public long MemoryUsed => _memory.Used;

    /// <summary>The time of the last call.</summary>
    internal Instant Now { get; private set; }

    internal TcpEnvironment Environment { get; }

    /// <summary>
    /// Behaves otherwise from now on. Options that a handshake has agreed on stay; it is meant for times without half-open connections.
    /// </summary>
    public void UseProfile(TcpProfile profile) => Environment.Use(profile);

    /// <inheritdoc/>
    public IpAnswer OnPacket(in IpArrival arrival, ReadOnlySpan<byte> packet, Instant now)
    {
        Now = now;
        _hasReusedSequence = false;
        Counters.SegmentsReceived++;
        if (!TryCheck(arrival, packet, out var segment))
        {
            return IpAnswer.None;
        }

        var (localPort, remotePort) = (segment.DestinationPort, segment.SourcePort);
        var match = _flows.Find(arrival.Destination, localPort, arrival.Source, remotePort, arrival.Interface, out var core, out var group);
        if (match != DemultiplexerMatch.None || _halfOpen.Count + _resting.Count > 0)
        {
            // One for all below: each more would be cleared for each segment.
            var incoming = new IncomingSegment(segment, arrival.Ecn);
            if (core is not null)
            {
                core.OnSegment(incoming, now);
                return IpAnswer.None;
            }

            var ends = new FlowEnds(arrival.Destination, localPort, arrival.Source, remotePort, arrival.Interface);
            if (_halfOpen.Find(ends) is var half && half >= 0)
            {
                ArriveHalfOpen(half, arrival, incoming);
                return IpAnswer.None;
            }

            if (_resting.Find(ends) is var resting && resting >= 0 && !ArriveResting(resting, arrival, incoming, group))
            {
                return IpAnswer.None;
            }

            if (group is not null)
            {
                return ArriveAtListener(group.Select(arrival, localPort, remotePort), arrival, incoming);
            }
        }

        // RFC 9293 section 3.10.7.1: CLOSED.
        Counters.Drop(TcpDrop.ClosedPort);
        if (Profile.ResetsClosedPorts)
        {
            ReplyReset(arrival, segment);
        }

        return IpAnswer.None;
    }

    private static SipHash Key(KeyedRandom random) => new(random.Next(), random.Next());

    private bool TryCheck(in IpArrival arrival, ReadOnlySpan<byte> packet, out TcpSegment segment)
    {
        if (!TcpSegment.TryRead(packet, out segment))
        {
            Counters.Drop(TcpDrop.Malformed);
            return false;
        }

        if (arrival.Delivery != IpDelivery.Host)
        {
            // RFC 9293 section 3.9.2.3, MUST-57: what was sent to many is dropped silently.
            Counters.Drop(TcpDrop.NotUnicast);
            return false;
        }

        if (!arrival.IsChecksumKnown && !segment.HasValidChecksum(arrival.Source, arrival.Destination))
        {
            // RFC 9293 section 3.1, MUST-3.
            Counters.Drop(TcpDrop.Checksum);
            return false;
        }

        if (segment.SourcePort.Value == 0 || segment.DestinationPort.Value == 0 || arrival.Source.IsUnspecified || IsMany(arrival.Source))
        {
            // RFC 9293 section 3.9.2.3, MUST-63: an answer could reach no host, or several.
            Counters.Drop(TcpDrop.BadEnds);
            return false;
        }

        return true;
    }

    private static bool IsMany(InternetAddress address) =>
        address.IsIPv4 ? address.IPv4Bits >> 28 == 0xe || address.IPv4Bits == uint.MaxValue : address.UpperBits >> 56 == 0xff;
}

/// <summary>The listeners of one scope; more than one share it by SO_REUSEPORT.</summary>
internal sealed class ListenerGroup(SipHash hash)
{
    private readonly ReusePortGroup<TcpListener> _members = new(hash);

    internal int Count => _members.Count;

    internal TcpListener First => _members.Members[0];

    internal void Add(TcpListener listener) => _members.Add(listener);

    internal void Remove(TcpListener listener) => _members.Remove(listener);

    internal TcpListener Select(in IpArrival arrival, PortNumber localPort, PortNumber remotePort) =>
        Count == 1 ? _members.Members[0] : _members.Select(arrival.Destination, localPort, arrival.Source, remotePort);
}

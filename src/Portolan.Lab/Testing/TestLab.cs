using Portolan.Lab.Running;
using Portolan.Lab.Running.Wire;
using Portolan.Lab.Scenarios;
using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Reading;
using Portolan.Packets;
using Portolan.Transport;

namespace Portolan.Lab.Testing;

/// <summary>
/// A lab for a test: built from YAML or in code, with streams and sockets in and out, and a log of all packets to assert on. In virtual
/// time, which is usual, a test of hours takes milliseconds and repeats with its seed; in real time programs outside may take part.
/// </summary>
/// <example>
/// <code>
/// await using var lab = TestLab.FromYaml("""
///     name: shop
///     networks: { net: 198.18.0.0/24 }
///     hosts: { web: { address: 198.18.0.10, ports: [http] }, pc: 198.18.0.20 }
///     """);
/// lab.Run(async () =>
/// {
///     await using var stream = await lab["pc"].ConnectTcpAsync("web", 80);
/// });
/// Console.WriteLine(lab.Segments.Count(static s => s.IsSyn));
/// </code>
/// </example>
/// <remarks>Any threads.</remarks>
public sealed class TestLab : IAsyncDisposable
{
    private static readonly TimeSpan Usual = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly List<PacketRecord> _packets = [];

    private TestLab(LabTopology topology, TestLabOptions options)
    {
        if (options is { AllowExec: true, IsRealTime: false })
        {
            throw new ArgumentException("programs outside live in real time: set IsRealTime too", nameof(options));
        }

        Network = new VirtualNetwork(topology, new VirtualNetworkOptions
        {
            Seed = options.Seed,
            IsVirtualTime = !options.IsRealTime,
            Capture = options.Capture,
            CaptureView = options.CaptureView,
            Observer = Record,
            AllowExec = options.AllowExec,
        });
        if (options.IsRealTime)
        {
            Network.Start();
        }
    }

    /// <summary>The lab itself.</summary>
    public VirtualNetwork Network { get; }

    /// <summary>Its time; use it for all delays and timeouts of the test.</summary>
    public TimeProvider Time => Network.Time;

    /// <summary>All packets so far, crossing by crossing.</summary>
    /// <example><code>var lost = lab.Packets.Count(static p =&gt; p.Fate == WireOutcome.Lost);</code></example>
    public IReadOnlyList<PacketRecord> Packets
    {
        get
        {
            lock (_lock)
            {
                return [.. _packets];
            }
        }
    }

    /// <summary>The TCP segments among them that were taken by who they were for, each once.</summary>
    /// <example><code>var resets = lab.Segments.Count(static s =&gt; s.IsReset);</code></example>
    public IReadOnlyList<SegmentRecord> Segments =>
        [.. Packets.Where(static p => p.Fate == WireOutcome.Taken).Select(SegmentRecord.TryRead).OfType<SegmentRecord>()];

    /// <summary>The stack of a host or router: what listens and connects there are .NET streams.</summary>
    /// <exception cref="KeyNotFoundException">No host has the name.</exception>
    /// <example><code>await using var connection = await lab["pc"].ConnectTcpAsync("web", 80);</code></example>
    public NetworkStack this[string host] => Network.StackOf(host);

    /// <summary>Builds a lab from YAML.</summary>
    /// <returns>The lab. In real time it runs already.</returns>
    /// <exception cref="PortolanException">The text is not a topology; its details say where and why.</exception>
    /// <example>
    /// <code>
    /// await using var made = TestLab.FromYaml("""
    ///     name: pair
    ///     networks: { net: 198.18.0.0/24 }
    ///     hosts: { server: 198.18.0.1, client: 198.18.0.2 }
    ///     """);
    /// </code>
    /// </example>
    public static TestLab FromYaml(string yaml, TestLabOptions? options = null) =>
        new(TopologyReader.Read(yaml, "test").OrThrow("the topology"), options ?? new TestLabOptions());

    /// <summary>Builds a lab from a topology made in code.</summary>
    /// <returns>The lab. In real time it runs already.</returns>
    /// <example><code>await using var made = TestLab.FromTopology(topology, new TestLabOptions { Seed = 7 });</code></example>
    public static TestLab FromTopology(LabTopology topology, TestLabOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(topology);
        return new(topology, options ?? new TestLabOptions());
    }

    /// <summary>Does something in virtual time, to its end.</summary>
    /// <param name="activity">It, on this thread; so is what it awaits.</param>
    /// <param name="within">The most of the lab's time; <c>null</c> for an hour.</param>
    /// <exception cref="TimeoutException">It takes longer.</exception>
    /// <example>
    /// <code>
    /// lab.Run(async () =&gt; await Task.Delay(TimeSpan.FromHours(1), lab.Time), within: TimeSpan.FromHours(2));
    /// </code>
    /// </example>
    public void Run(Func<Task> activity, TimeSpan? within = null) => Network.Run(activity, within ?? Usual);

    /// <summary>Lets virtual time go by.</summary>
    /// <example><code>lab.Run(TimeSpan.FromMinutes(5));</code></example>
    public void Run(TimeSpan time) => Network.Run(time);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Network.DisposeAsync();

    private void Record(in PacketEvent packet, ReadOnlySpan<byte> bytes)
    {
        var record = new PacketRecord(packet.Time, packet.Segment, packet.From, packet.To, packet.Fate, packet.Why, bytes.ToArray());
        lock (_lock)
        {
            _packets.Add(record);
        }
    }
}

/// <summary>How a <see cref="TestLab"/> runs.</summary>
public sealed record TestLabOptions
{
    /// <summary>What all chance comes from; <c>null</c> for the topology's own.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Whether it runs by itself in real time, instead of in <see cref="TestLab.Run(Func{Task}, TimeSpan?)"/>.</summary>
    public bool IsRealTime { get; init; }

    /// <summary>
    /// Whether ports of the topology may run programs of this machine (<c>exec</c>) and reach its Unix sockets (<c>proxy</c>); otherwise a
    /// topology with such ports is refused. Programs live in real time, so it goes with <see cref="IsRealTime"/>.
    /// </summary>
    public bool AllowExec { get; init; }

    /// <summary>Where packets are captured as pcapng; <c>null</c> for nowhere. The caller closes it after the lab.</summary>
    public Stream? Capture { get; init; }

    /// <summary>Which packets are captured; by default each once, on the network that it was first sent to.</summary>
    public CaptureView CaptureView { get; init => field = Allowed.NotNull(value); } = CaptureView.Once;
}

/// <summary>A TCP segment that arrived.</summary>
/// <param name="Packet">The packet around it.</param>
/// <param name="Source">Its sender's address.</param>
/// <param name="SourcePort">Its sender's port.</param>
/// <param name="Destination">Its receiver's address.</param>
/// <param name="DestinationPort">Its receiver's port.</param>
/// <param name="Flags">Its control bits.</param>
/// <param name="Length">Bytes of payload.</param>
public sealed record SegmentRecord(
    PacketRecord Packet, InternetAddress Source, PortNumber SourcePort, InternetAddress Destination, PortNumber DestinationPort,
    TcpFlags Flags, int Length)
{
    /// <summary>Whether it asks for a connection.</summary>
    public bool IsSyn => (Flags & (TcpFlags.Syn | TcpFlags.Ack)) == TcpFlags.Syn;

    /// <summary>Whether it accepts one.</summary>
    public bool IsSynAck => (Flags & (TcpFlags.Syn | TcpFlags.Ack)) == (TcpFlags.Syn | TcpFlags.Ack);

    /// <summary>Whether RST is set.</summary>
    public bool IsReset => (Flags & TcpFlags.Rst) != 0;

    internal static SegmentRecord? TryRead(PacketRecord packet) =>
        PacketHeads.TryRead(packet.Bytes, out var heads) && heads.Protocol == IpProtocol.Tcp && !heads.IsLaterFragment
            && TcpSegment.TryRead(heads.Payload, out var segment)
            ? new SegmentRecord(
                packet, heads.Source, segment.SourcePort, heads.Destination, segment.DestinationPort, segment.Flags, segment.Payload.Length)
            : null;
}

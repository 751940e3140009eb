using Portolan.Model;
using Portolan.Scan.Order;
using Portolan.Scan.Pacing;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Scan.Engine;

/// <summary>
/// The hosts that are scanned together, by number in the order of their addresses, and what is known of them so far. A group holds at most
/// <see cref="MaxHosts"/> hosts, so memory stays bounded however large a scan is.
/// </summary>
/// <remarks>
/// Any thread may ask and record at any time. What is numbered as probes is fixed by <see cref="BeginPortStage"/>, which the run calls
/// between discovery and the port stage, when no other thread uses the group.
/// </remarks>
public sealed partial class HostGroup
{
    /// <summary>The most hosts of a group.</summary>
    public const int MaxHosts = 131_072;

    /// <summary>A group takes no further host when it has this many probes.</summary>
    public const ulong MaxProbes = 1UL << 24;

    /// <summary>The most bytes of banners that a group holds.</summary>
    internal const int MaxBannerBytes = 64 << 20;

    /// <summary>The most answers to the question what a port is that a group holds.</summary>
    internal const int MaxAnswers = 1 << 18;

    /// <summary>The most characters of facts that a group holds.</summary>
    internal const int MaxFactLength = 32 << 20;

    // Odd and irregular, so that groups differ in every bit of their keys.
    private const ulong KeySpread = 0x9e37_79b9_7f4a_7c15;

    private readonly ITargetPlan _plan;
    private readonly ulong[] _numbers;
    private readonly InternetAddress[] _addresses;
    private readonly AddressIndex _table;
    private readonly ProbePorts? _sharedPorts;
    private ProbeIndex? _index;
    private IndexPermutation? _order;
    private PermutationShard _share;
    private bool _isWhole = true;

    /// <summary>Makes a group.</summary>
    /// <param name="plan">The plan that the hosts are from.</param>
    /// <param name="numbers">The hosts' numbers in the plan, in any order.</param>
    /// <param name="silence">What silence says of a port of each protocol.</param>
    public HostGroup(ITargetPlan plan, IReadOnlyList<ulong> numbers, SilenceMeaning silence)
    {
        ArgumentNullException.ThrowIfNull(plan);
        _plan = plan;
        _silence = silence;
        _numbers = [.. numbers];
        _addresses = new InternetAddress[_numbers.Length];
        for (var i = 0; i < _numbers.Length; i++)
        {
            _addresses[i] = plan.HostAt(_numbers[i]).Address;
        }

        // Lists from ranges are in order already, and sorting in place of a sorted list is cheap.
        Array.Sort(_addresses, _numbers);
        _table = new AddressIndex(_addresses);
        _sharedPorts = _numbers.Length > 0 ? plan.PortsOf(_numbers[0]) : null;
        for (var i = 1; i < _numbers.Length && _sharedPorts is not null; i++)
        {
            _sharedPorts = ReferenceEquals(plan.PortsOf(_numbers[i]), _sharedPorts) ? _sharedPorts : null;
        }

        _statuses = new byte[_numbers.Length];
        _reasons = new byte[_numbers.Length];
        _timesToLive = new byte[_numbers.Length];
        _flags = new byte[_numbers.Length];
        _pages = new HostPage?[_numbers.Length];
    }

    /// <summary>What an earlier process had counted of losses in the stage that it did not finish; <c>null</c> for nothing.</summary>
    internal LossStratum? LossesBefore { get; set; }

    /// <summary>How many hosts.</summary>
    public int Count => _numbers.Length;

    /// <summary>The host with a number, 0 to <see cref="Count"/> - 1.</summary>
    public Target this[int host] => _plan.HostAt(_numbers[host]);

    /// <summary>Its number in the whole plan.</summary>
    public ulong NumberOf(int host) => _numbers[host];

    /// <summary>Its address; a look into an array.</summary>
    public InternetAddress AddressOf(int host) => _addresses[host];

    /// <summary>The ports to probe on it.</summary>
    public ProbePorts PortsOf(int host) => _sharedPorts ?? _plan.PortsOf(_numbers[host]);

    /// <summary>The number of the host with an address, or -1.</summary>
    public int IndexOf(InternetAddress address) => _table.IndexOf(address);

    /// <summary>Probes of the port stage. Before <see cref="BeginPortStage"/>: of all hosts.</summary>
    public ulong ProbeCount => Index.Count;

    /// <summary>The host and port number of a probe, 0 to <see cref="ProbeCount"/> - 1.</summary>
    public (int Host, int Port) ProbeAt(ulong probe) => Index.At(probe);

    /// <summary>The number of a probe; <c>false</c> when the host's ports are not probed.</summary>
    public bool TryProbeOf(int host, int port, out ulong probe) => Index.TryIndexOf(host, port, out probe);

    /// <summary>Probes of the port stage that are this run's share (<c>--shard</c>), each at one position of a keyed order.</summary>
    public ulong PositionCount => _share.Count;

    /// <summary>
    /// The host and port number of the probe at a position, 0 to <see cref="PositionCount"/> - 1. Only after <see cref="BeginPortStage"/>.
    /// </summary>
    public (int Host, int Port) AtPosition(ulong position) => Index.At(_share.At(position));

    /// <summary>Where a probe is in the order; <c>null</c> when it is not this run's. Of several shares, the place among all.</summary>
    internal ulong? PositionOf(int host, int port) =>
        Index.TryIndexOf(host, port, out var probe) && (_isWhole || _share.Contains(probe)) ? Order.PositionOf(probe) : null;

    /// <summary>Whether a probe is this run's share.</summary>
    public bool IsShare(int host, int port) =>
        Index.TryIndexOf(host, port, out var probe) && (_isWhole || _share.Contains(probe));

    /// <summary>The order of all probes of the port stage, of which this run's share are those at every n-th position.</summary>
    internal IndexPermutation Order => _order ?? throw new InvalidOperationException("the port stage has not started");

    private ProbeIndex Index => _index ??= NumberProbes(onlyUp: false);

    /// <summary>Numbers the probes of the port stage and lays down their order.</summary>
    /// <param name="settings">Its seed and shard.</param>
    public void BeginPortStage(ScanSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);

        // Hosts that are not up are left out, so half-dead networks cost nothing; but shares of a scan may see different hosts up and must
        // number alike.
        _isWhole = settings.ShardCount <= 1;
        _wantsBanners = settings.Banners;
        _index = NumberProbes(onlyUp: _isWhole);
        _order = settings.OrderOf(Math.Max(1, _index.Count), settings.Seed ^ (_numbers[0] * KeySpread));
        _share = _index.Count == 0 ? default : _order.Shard(settings.Shard, Math.Max(1, settings.ShardCount));
    }

    /// <summary>
    /// Takes what was counted in an unfinished stage of a kind; only once. Also where the stage begins anew: what answered then is not
    /// asked again.
    /// </summary>
    internal LossCounts? TakeLossesBefore(LossKind kind)
    {
        if (LossesBefore is not { } before || before.Kind != kind)
        {
            return null;
        }

        LossesBefore = null;
        return before.Counts;
    }

    private ProbeIndex NumberProbes(bool onlyUp)
    {
        var hosts = new List<int>(onlyUp ? 0 : Count);
        for (var i = 0; i < Count; i++)
        {
            if (!onlyUp || StatusOf(i) == HostStatus.Up)
            {
                hosts.Add(i);
            }
        }

        return new ProbeIndex(Count, [.. hosts], PortsOf);
    }
}

/// <summary>
/// What a port's silence says, by nmap's state tables: filtered, or for scans that an open port leaves unanswered open|filtered.
/// </summary>
/// <param name="Tcp">For TCP.</param>
/// <param name="Udp">For UDP.</param>
public readonly record struct SilenceMeaning(PortState Tcp, PortState Udp)
{
    /// <summary>That of a scan's techniques (nmap reference guide, "Port Scanning Techniques").</summary>
    public static SilenceMeaning For(TcpTechnique technique) => new(
        technique is TcpTechnique.Null or TcpTechnique.Fin or TcpTechnique.Xmas ? PortState.OpenFiltered : PortState.Filtered,
        PortState.OpenFiltered);

    /// <summary>That of a protocol.</summary>
    public PortState Of(TransportProtocol protocol) => protocol == TransportProtocol.Udp ? Udp : Tcp;
}

using Portolan.Model;

namespace Portolan.Scan.Targets;

/// <summary>The targets of a run: ranges and patterns, found by number. Made by <see cref="TargetPlanBuilder"/>.</summary>
/// <remarks>
/// Immutable and safe to use from any thread. Nothing is allocated by a lookup; it is a binary search over the pieces that the words came
/// to.
/// </remarks>
public sealed partial class TargetPlan : ITargetPlan
{
    private readonly ulong[] _firstHosts;
    private readonly InternetAddress[] _firsts;
    private readonly int[] _details;
    private readonly PieceDetail[] _table;
    private readonly ProbePorts[] _ports;

    internal TargetPlan(IReadOnlyList<Piece> pieces, IReadOnlyList<PieceDetail> table, PortPool pool)
        : this(pieces, table, pool.ToProbePorts(table.Select(detail => detail.Ports)))
    {
    }

    private TargetPlan(IReadOnlyList<Piece> pieces, IReadOnlyList<PieceDetail> table, ProbePorts[] ports)
    {
        _table = [.. table];
        _ports = ports;
        _firstHosts = new ulong[pieces.Count];
        _firsts = new InternetAddress[pieces.Count];
        _details = new int[pieces.Count];
        UInt128 hosts = 0, probes = 0;
        for (var i = 0; i < pieces.Count; i++)
        {
            var piece = pieces[i];
            var detail = _table[piece.Detail];
            _firstHosts[i] = (ulong)hosts;
            _firsts[i] = InternetAddress.FromNumber(piece.First, detail.IsIPv4);
            _details[i] = piece.Detail;
            hosts += piece.Count;
            probes += piece.Count * (UInt128)(ulong)_ports[detail.Ports].Count;
            if (hosts > ulong.MaxValue || probes > ulong.MaxValue)
            {
                throw new PortolanException(
                    "the targets and ports need more than 2^64 probes",
                    $"name smaller IPv6 prefixes (a /104 has 16 million addresses) or fewer ports",
                    ExitCode.Usage);
            }
        }

        HostCount = (ulong)hosts;
        ProbeCount = (ulong)probes;
    }

    /// <inheritdoc/>
    public ulong HostCount { get; }

    /// <inheritdoc/>
    public ulong ProbeCount { get; }

    /// <summary>The lists of ports that hosts have, each once.</summary>
    public IEnumerable<ProbePorts> PortLists
    {
        get
        {
            var seen = new HashSet<int>();
            foreach (var detail in _table)
            {
                if (seen.Add(detail.Ports))
                {
                    yield return _ports[detail.Ports];
                }
            }
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The host is not below <see cref="HostCount"/>.</exception>
    public Target HostAt(ulong host)
    {
        var piece = PieceOf(host);
        var detail = _table[_details[piece]];
        var offset = host - _firstHosts[piece];
        var first = _firsts[piece];

        // A piece of a pattern begins at a member's number, not at an address.
        var address = detail.Octets is { } octets ? InternetAddress.FromIPv4(octets.At(first.IPv4Bits + offset)) : first.Plus(offset);
        return new Target(address, detail.Scope, detail.Name);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The host is not below <see cref="HostCount"/>.</exception>
    public ProbePorts PortsOf(ulong host) => _ports[_table[_details[PieceOf(host)]].Ports];

    private int PieceOf(ulong host)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(host, HostCount);
        var found = _firstHosts.AsSpan().BinarySearch(host);
        return found < 0 ? ~found - 1 : found;
    }
}

/// <summary>Hosts with numbers that follow each other, whose addresses do too or are members of one pattern.</summary>
/// <param name="Order">Which word it comes from.</param>
/// <param name="First">The first address as a number, or the first member's number in the pattern.</param>
/// <param name="Count">How many hosts.</param>
/// <param name="Detail">The rest, by number.</param>
internal readonly record struct Piece(long Order, UInt128 First, ulong Count, int Detail);

/// <summary>What pieces have in common.</summary>
internal sealed record PieceDetail(bool IsIPv4, uint Scope, OctetPattern? Octets, string? Name, int Ports);

/// <summary>A host to scan.</summary>
/// <param name="Address">Its address.</param>
/// <param name="ScopeId">The interface of a link-local IPv6 address, or 0.</param>
/// <param name="Name">The name the person gave, kept for output and SNI; <c>null</c> for an address.</param>
public readonly record struct Target(InternetAddress Address, uint ScopeId, string? Name);
